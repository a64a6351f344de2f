import { Injectable, Logger } from '@nestjs/common';
import { CallbackTokens } from '../access/callback-tokens.js';
import { CallbackReceiver } from './callback-receiver.js';

/** A GET of our route, its token and the bytes of its query: raw spaces and raw UTF-8 in it, which no HTTP parser takes. */
const REQUEST_LINE = /^GET [^?]*\/callbacks\/esms\/([\w-]+)\/?\?(.*) HTTP\/1\.[01]\r\n/;

const OK = [
  'HTTP/1.1 200 OK',
  'content-type: text/plain; charset=utf-8',
  'content-length: 2',
  'connection: close',
  '',
  'OK',
].join('\r\n');

/**
 * Saves callbacks that Node's HTTP parser refuses before any handler runs: it answers 400 to a raw space or a raw
 * Vietnamese letter in the request line, and the gateway never repeats what was answered.
 */
@Injectable()
export class CallbackSalvage {
  readonly #logger = new Logger('EsmsCallbacks');

  /** @internal */
  constructor(
    private readonly tokens: CallbackTokens,
    private readonly receiver: CallbackReceiver,
  ) {}

  /**
   * The answer to a refused request, to be written to its socket as it is, once the callback in it is stored; null
   * where there is none of ours in it. Rejects where it could not be stored: it must not be answered then.
   */
  async salvage(packet: Buffer): Promise<string | null> {
    const [, token, query] = REQUEST_LINE.exec(packet.toString('latin1')) ?? [];
    const account = token === undefined ? null : this.tokens.accountOf(token);
    if (account === null || query === undefined) return null;
    await this.receiver.receive(account, Buffer.from(query, 'latin1'), { hasLeft: () => false });
    this.#logger.warn('a callback that is no valid HTTP was salvaged');
    return OK;
  }
}
