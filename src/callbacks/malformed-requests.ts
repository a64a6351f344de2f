import { METHODS, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, Logger } from '@nestjs/common';
import { CountedLine } from '../telemetry/counted-line.js';
import { CallbackReceiver, type Stored } from './callback-receiver.js';
import { CallbackRoute } from './callback-route.js';
import { type ParserError, readMalformed } from './read-malformed.js';
import { spokenOf } from './spoken-of.js';

/** What Node's parser says of a request that it refused. */
export interface RefusedRequest extends ParserError, Error {
  /** The bytes it was reading; absent where time was up. */
  rawPacket?: unknown;
}

/** Answers a refused request that is not ours, and ends its connection. */
export type Refuse = (error: RefusedRequest, socket: Socket) => void;

/** A connection whose parser has stopped: it complains of each packet that follows once more. */
interface Refusal {
  error: RefusedRequest;
  text: string;
  waiting: NodeJS.Timeout | undefined;
  isDecided: boolean;
}

const FINISHED_WITHIN_MS = 5_000;

/** A connection that is closed while its peer still sends may lose it our last answer. */
const LINGER_MS = 1_000;

/**
 * Keeps the callbacks that Node's HTTP parser refuses before any handler runs: those with a raw space or a raw
 * Vietnamese letter in the request line, with line ends of LF alone, or with anything else that is no HTTP. The gateway
 * never repeats what was answered 400.
 *
 * An answer waits for those to the requests before it on the connection. What could not be stored gets none, nor does a
 * request whose beginning the parser has kept to itself.
 */
@Injectable()
export class MalformedRequests {
  readonly #logger = new Logger('EsmsCallbacks');
  readonly #salvaged = new CountedLine((line) => this.#logger.warn(line));
  readonly #unanswered = new CountedLine((line) => this.#logger.error(line));
  readonly #refusals = new WeakMap<Socket, Refusal>();

  constructor(
    private readonly route: CallbackRoute,
    private readonly receiver: CallbackReceiver,
  ) {}

  /** `last` answers the last request of the connection that the parser took. Never rejects. */
  async handle(error: RefusedRequest, socket: Socket, last: ServerResponse | undefined, refuse: Refuse): Promise<void> {
    const refusal = this.#refusals.get(socket) ?? { error, text: '', waiting: undefined, isDecided: false };
    this.#refusals.set(socket, refusal);
    if (refusal.isDecided) return;
    if (Buffer.isBuffer(error.rawPacket)) refusal.text += error.rawPacket.toString('latin1');
    const isBody = last?.req.complete === false;
    const targets = isBody ? [] : readMalformed(refusal.text, refusal.error, (each) => this.#isOurs(each));
    if (targets === 'unfinished' && socket.writable && goesOn(error)) {
      refusal.waiting ??= setTimeout(() => socket.destroy(), FINISHED_WITHIN_MS).unref();
      return;
    }
    refusal.isDecided = true;
    clearTimeout(refusal.waiting);
    if (isBody) await endBody(error, socket, last, refuse);
    else if (targets === 'unfinished' || targets.length === 0) await this.#refuse(refusal, socket, last, refuse);
    else await this.#keep(targets, socket, last);
  }

  #isOurs(target: string): boolean {
    return this.route.callbackIn(target) !== null;
  }

  /** In their order; one that could not be stored ends it, so that none behind it gets its answer. */
  async #keep(targets: readonly string[], socket: Socket, last: ServerResponse | undefined): Promise<void> {
    const answers: string[] = [];
    const hasLeft = (): boolean => socket.destroyed;
    try {
      for (const target of targets) {
        const callback = this.route.callbackIn(target);
        if (callback === null) break;
        const stored = await this.receiver.receive(callback.account, callback.query, { hasLeft });
        answers.push(answerTo(stored, answers.length === targets.length - 1));
        this.#salvaged.note('a callback that is no valid HTTP was salvaged');
      }
    } catch (error) {
      this.#unanswered.note(`a callback could not be stored and was left unanswered: ${(error as Error).message}`);
    }
    await answered(last, socket);
    if (answers.length === 0 || !socket.writable) socket.destroy();
    else socket.end(answers.join(''), () => setTimeout(() => socket.destroy(), LINGER_MS).unref());
  }

  /** What the parser kept the beginning of may be a callback: no status, so that it may be repeated. */
  async #refuse(
    { error, text }: Refusal,
    socket: Socket,
    last: ServerResponse | undefined,
    refuse: Refuse,
  ): Promise<void> {
    await answered(last, socket);
    const isKept = socket.bytesRead > text.length && !METHODS.includes(/^\S*/.exec(text)?.[0] ?? '');
    if (isKept && error.code?.startsWith('HPE_') === true && error.code !== 'HPE_HEADER_OVERFLOW') socket.destroy();
    else refuse(error, socket);
  }
}

/** Whether more may come on the connection: not once its time is up, or its peer has ended it. */
function goesOn({ code = '' }: RefusedRequest): boolean {
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE';
}

/** What is no HTTP in the body of a request that was taken: a GET needs none of it, others are refused in their turn. */
async function endBody(error: RefusedRequest, socket: Socket, last: ServerResponse, refuse: Refuse): Promise<void> {
  if (last.req.method === 'GET' || last.headersSent) {
    await answered(last, socket);
    socket.destroy();
    return;
  }
  if (last.socket === null) await new Promise((resolve) => void last.once('socket', resolve));
  refuse(error, socket);
}

function answerTo(stored: Stored, isLast: boolean): string {
  const body = spokenOf(stored);
  const head = [
    'HTTP/1.1 200 OK',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${body.length}`,
    'cache-control: no-store',
    ...(isLast ? ['connection: close'] : []),
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Ends when a response, and with it each before it on its connection, has been given to the network, or never will be. */
function answered(response: ServerResponse | undefined, socket: Socket): Promise<void> {
  if (response === undefined || response.writableFinished || response.destroyed || socket.destroyed)
    return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => resolve();
    response.once('finish', done).once('close', done);
    socket.once('close', done);
  });
}
