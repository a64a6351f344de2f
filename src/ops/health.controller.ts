import { Controller, Get, ServiceUnavailableException, VERSION_NEUTRAL } from '@nestjs/common';
import { Readiness } from '../telemetry/readiness.js';

/** What a load balancer asks. */
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** Whether the process lives; never asks the database. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Whether callbacks can be accepted. */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    if (!(await this.readiness.canAccept())) throw new ServiceUnavailableException('callbacks cannot be stored now');
    return { status: 'ok' };
  }
}
