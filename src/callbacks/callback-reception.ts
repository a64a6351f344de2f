import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type BeforeApplicationShutdown,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  Logger,
} from '@nestjs/common';
import { Condition } from '../telemetry/condition.js';
import { accountOfCallback } from './callback.guard.js';
import { CallbackReceiver } from './callback-receiver.js';
import { spokenOf } from './spoken-of.js';

/** For how long none may have been left unanswered until that is over. */
const QUIET_MS = 2_000;

/** A request of either adapter: Fastify keeps Node's own beside it, Express adds to it. */
type AnyRequest = (IncomingMessage & { originalUrl?: string }) | { raw: IncomingMessage; originalUrl?: string };
type AnyResponse = ServerResponse | { raw: ServerResponse; hijack(): unknown };

/**
 * Stores a callback and answers it: 200, and only once it is stored. The gateway reads no answer and repeats a call only
 * when it times out, so an error status would lose it for good.
 *
 * It is the last guard, because that is the last place before a host's interceptors, pipes and filters, and it never
 * ends: an interceptor that wraps, caches or times out, and a filter that answers what one of them throws, would
 * otherwise reach the answer, or be run once more on a request that has been answered.
 */
@Injectable()
export class CallbackReception implements CanActivate, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsCallbacks');
  readonly #unanswered = new Condition();
  #stopping = false;

  constructor(private readonly receiver: CallbackReceiver) {}

  canActivate(context: ExecutionContext): Promise<never> {
    const http = context.switchToHttp();
    void this.receive(http.getRequest<AnyRequest>(), http.getResponse<AnyResponse>());
    // One for each request: a promise that all wait for would keep all of them.
    return new Promise(() => undefined);
  }

  /** A server waits for its connections when it closes, and one that is kept busy would keep it from ever ending. */
  beforeApplicationShutdown(): void {
    this.#stopping = true;
  }

  /** Never rejects. */
  async receive(request: AnyRequest, response: AnyResponse): Promise<void> {
    const raw = take(response);
    try {
      const caller = { hasLeft: () => raw.destroyed || raw.socket?.destroyed === true };
      const stored = await this.receiver.receive(accountOfCallback(request), queryOf(request), caller);
      if (this.#stopping) raw.setHeader('connection', 'close');
      if (this.#unanswered.quietMs > QUIET_MS) this.#tellAnswered();
      answer(raw, spokenOf(stored));
    } catch (error) {
      // No status: the gateway takes a broken connection for a time-out at best, and an error status for an answer.
      const why = `could not be stored and was left unanswered: ${(error as Error).message}`;
      this.#unanswered.note(() => this.#logger.error(`a callback ${why}`));
      raw.destroy();
    }
  }

  #tellAnswered(): void {
    this.#unanswered.end((seconds, times) =>
      this.#logger.log(`callbacks are answered again; within ${seconds} s ${times} were not`),
    );
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
