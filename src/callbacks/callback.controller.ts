import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Logger, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { accountOfCallback, CallbackGuard } from './callback.guard.js';
import { CallbackReceiver } from './callback-receiver.js';

/** A request of either adapter: Fastify keeps Node's own beside it, Express adds to it. */
type AnyRequest = (IncomingMessage & { originalUrl?: string }) | { raw: IncomingMessage; originalUrl?: string };
type AnyResponse = ServerResponse | { raw: ServerResponse; hijack(): unknown };

/**
 * Where the gateway calls. It reads no answer and repeats a call only when it times out, so every authenticated
 * callback is answered 200, and only once it is stored; an error status would lose it for good. The answer is written
 * to the socket itself: no interceptor or filter of a host can turn it into something else.
 */
@Controller({ path: 'callbacks/esms', version: VERSION_NEUTRAL })
@UseGuards(CallbackGuard)
export class CallbackController {
  readonly #logger = new Logger('EsmsCallbacks');

  constructor(private readonly receiver: CallbackReceiver) {}

  @Get(':token')
  async receive(@Req() request: AnyRequest, @Res() response: AnyResponse): Promise<void> {
    const raw = take(response);
    try {
      const caller = { hasLeft: () => raw.destroyed || raw.socket?.destroyed === true };
      const stored = await this.receiver.receive(accountOfCallback(request), queryOf(request), caller);
      answer(raw, 'quarantined' in stored ? `QUARANTINED ${stored.quarantined}` : 'OK');
    } catch (error) {
      // No status: the gateway takes a broken connection for a time-out at best, and an error status for an answer.
      this.#logger.error(`a callback could not be stored and was left unanswered: ${(error as Error).message}`);
      raw.destroy();
    }
  }
}

/** The query as it came, in bytes: no parser of an adapter has touched it. */
function queryOf(request: AnyRequest): Buffer {
  const url = ('raw' in request ? request.raw.url : (request.originalUrl ?? request.url)) ?? '';
  const start = url.indexOf('?');
  return Buffer.from(start === -1 ? '' : url.slice(start + 1), 'latin1');
}

/** With its length stated, head and body leave in one write; without, Node sends three pieces (a fifth of our time, measured). */
function answer(raw: ServerResponse, body: string): void {
  raw.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  raw.end(body);
}

function take(response: AnyResponse): ServerResponse {
  if (!('raw' in response)) return response;
  response.hijack();
  return response.raw;
}
