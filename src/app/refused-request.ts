import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM, problemOf } from './problem.js';

/** What Node's parser says of a request that it refused. */
export interface RefusedRequest extends NodeJS.ErrnoException {
  /** The bytes it was reading: a Buffer, whatever Fastify's types say. */
  rawPacket?: unknown;
}

/** Stores the callback in a refused request; gives its answer, or null where there is none in it. */
export type Salvage = (packet: Buffer) => Promise<string | null>;

/** A request that is being refused. The parser does not end with its first complaint: each packet that follows is one more. */
interface Refusal {
  /** As much of the request line as came. */
  packet: Buffer;
  waiting: NodeJS.Timeout | undefined;
  isDecided: boolean;
}

const REFUSALS = new WeakMap<Socket, Refusal>();
const FINISHED_WITHIN_MS = 5_000;
const LONGEST_LINE = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** Saves the callback in a refused request, or refuses it. One that could not be stored is left unanswered. */
export async function answerRefused(refused: RefusedRequest, socket: Socket, salvage: Salvage): Promise<void> {
  const refusal = REFUSALS.get(socket) ?? { packet: NOTHING, waiting: undefined, isDecided: false };
  REFUSALS.set(socket, refusal);
  if (refusal.isDecided) return;
  const { rawPacket, code } = refused;
  refusal.packet = Buffer.concat([refusal.packet, Buffer.isBuffer(rawPacket) ? rawPacket : NOTHING]);
  if (isUnfinished(refusal.packet) && socket.writable && code?.startsWith('HPE_')) {
    refusal.waiting ??= setTimeout(() => socket.destroy(), FINISHED_WITHIN_MS).unref();
    return;
  }
  refusal.isDecided = true;
  clearTimeout(refusal.waiting);
  try {
    const saved = await salvage(refusal.packet);
    if (saved === null) refuse(code, refusal.packet, socket);
    else socket.end(saved, () => socket.destroy());
  } catch {
    socket.destroy();
  }
}

/** The beginning of a GET whose line goes on in the next packet. */
function isUnfinished(packet: Buffer): boolean {
  return packet.length < LONGEST_LINE && packet.subarray(0, 5).equals(Buffer.from('GET /')) && !packet.includes('\n');
}

/**
 * One that came too slowly gets no status: it may be a callback, to be repeated. Nor does one whose beginning the parser
 * has kept to itself, when only what followed was wrong.
 */
function refuse(code: string | undefined, packet: Buffer, socket: Socket): void {
  const isLate = code === 'ECONNRESET' || code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const isTooLong = code === 'HPE_HEADER_OVERFLOW';
  if (!socket.writable || isLate || (!isTooLong && isContinuation(packet, socket))) {
    socket.destroy();
    return;
  }
  const status = isTooLong ? 431 : 400;
  const body = problemOf(status);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    `content-type: ${PROBLEM}`,
    `content-length: ${body.length}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function isContinuation(packet: Buffer, socket: Socket): boolean {
  return socket.bytesRead > packet.length && !/^[A-Z]+ \//.test(packet.toString('latin1', 0, 16));
}
