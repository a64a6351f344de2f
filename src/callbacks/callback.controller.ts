import { Controller, Get, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { CallbackGuard } from './callback.guard.js';
import { CallbackReception } from './callback-reception.js';

/** Where the gateway calls: every version of a host's API, one address. */
@Controller({ path: 'callbacks/esms', version: VERSION_NEUTRAL })
@UseGuards(CallbackGuard)
export class CallbackController {
  /** The route alone: {@link CallbackReception} answers, after every guard of the host and before all else of it. */
  @Get(':token')
  @UseGuards(CallbackReception)
  receive(): void {
    // Never reached.
  }
}
