import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { WebhookOptions } from '../../config/options.js';
import { callFailure } from './call-failure.js';
import { isPublicAddress } from './is-public-address.js';
import { lookupBy, type Resolve, resolveByDns, resolveBySystem } from './public-lookup.js';
import { hostOf, webhookUrlProblem } from './webhook-url.js';

/** How much of an answer is read, and how much of it is kept; nobody needs more. */
const MOST_READ = 64 * 1024;
const MOST_KEPT = 1_000;
/** How long a connection is kept for the next event. */
const IDLE_MS = 5_000;

/** How a call went. */
export interface WebhookAnswer {
  /** null where none came. */
  status: number | null;
  /** Why there is none. */
  error: string | null;
  /** How the answer begins; null where it came from a private network, which is nobody's to read through a webhook. */
  response: string | null;
  durationMs: number;
  /** Whether there was anybody to take the event: else the fault cannot be the event's. */
  wasReached: boolean;
}

/** Makes the calls, to where they may go, and follows nowhere else. */
export class WebhookClient implements OnApplicationShutdown {
  readonly #lookup;
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: IDLE_MS }),
    'https:': new https.Agent({ keepAlive: true, timeout: IDLE_MS }),
  };

  /** @param isOutside whose answers may be shown, by address */
  constructor(
    private readonly options: Required<Pick<WebhookOptions, 'allowPrivateNetworks' | 'timeoutMs'>>,
    resolve: Resolve = options.allowPrivateNetworks ? resolveBySystem : resolveByDns,
    private readonly isOutside: (address: string) => boolean = isPublicAddress,
  ) {
    this.#lookup = lookupBy(resolve, options);
  }

  /** What is wrong with an address, in words; null for nothing. */
  problemOf(url: string): string | null {
    return webhookUrlProblem(url, this.options);
  }

  /** Sends a JSON text. Does not throw. */
  async post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<WebhookAnswer> {
    const startedAt = performance.now();
    const call = { wasReached: false };
    const end = (answer: Pick<WebhookAnswer, 'status' | 'error' | 'response'>): WebhookAnswer => ({
      ...answer,
      wasReached: call.wasReached,
      durationMs: Math.round(performance.now() - startedAt),
    });
    const problem = this.problemOf(url);
    if (problem !== null) return end({ status: null, error: problem, response: null });
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    try {
      const response = await this.#send(new URL(url), headers, body, signal, call);
      return end({ status: response.statusCode ?? null, error: null, response: await this.#shownOf(response) });
    } catch (error) {
      const late = `no answer within ${this.options.timeoutMs} ms`;
      return end({ status: null, error: signal.aborted ? late : callFailure(error), response: null });
    }
  }

  /** Ends the connections that are kept. */
  onApplicationShutdown(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  async #shownOf(response: IncomingMessage): Promise<string | null> {
    const isShown = this.isOutside(response.socket.remoteAddress ?? '');
    const beginning = await beginningOf(response);
    return isShown ? beginning : null;
  }

  async #send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
    call: { wasReached: boolean },
  ): Promise<IncomingMessage> {
    const isSecure = url.protocol === 'https:';
    const request = (isSecure ? https : http).request(url, {
      method: 'POST',
      agent: this.#agents[isSecure ? 'https:' : 'http:'],
      lookup: this.#lookup,
      // A socket looks a name up by this; an address it takes as it is, which is why that was looked at before.
      hostname: hostOf(url),
      headers: { 'content-type': 'application/json', 'user-agent': 'nestjs-esms', ...headers },
      signal,
    });
    request.once('socket', (socket) => {
      if (request.reusedSocket) call.wasReached = true;
      else socket.once(isSecure ? 'secureConnect' : 'connect', () => (call.wasReached = true));
    });
    request.end(body);
    try {
      return await responseTo(request);
    } catch (error) {
      // A kept connection that the other end was just closing: it is the same call on the next one.
      if (!request.reusedSocket || signal.aborted) throw error;
      call.wasReached = false;
      return this.#send(url, headers, body, signal, call);
    }
  }
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
}

/** The status stands, whatever becomes of the rest. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST_READ) break;
    }
  } catch {
    // It broke off.
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, MOST_KEPT).replaceAll('\0', '\uFFFD');
}
