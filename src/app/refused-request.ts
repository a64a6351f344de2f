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

/** The pieces of request lines that have not ended yet: the parser refuses each piece that comes. */
const UNFINISHED = new WeakMap<Socket, Buffer>();
const FINISHED_WITHIN_MS = 5_000;
const LONGEST_LINE = 64 * 1024;

/** Saves the callback in a refused request, or refuses it. One that could not be stored is left unanswered. */
export async function answerRefused(refused: RefusedRequest, socket: Socket, salvage: Salvage): Promise<void> {
  const packet = packetOf(refused, socket);
  if (isUnfinished(packet) && socket.writable && refused.code?.startsWith('HPE_')) {
    waitForRest(packet, socket);
    return;
  }
  try {
    const saved = await salvage(packet);
    if (saved === null) refuse(refused, socket);
    else socket.end(saved, () => socket.destroy());
  } catch {
    socket.destroy();
  }
}

function packetOf({ rawPacket }: RefusedRequest, socket: Socket): Buffer {
  const before = UNFINISHED.get(socket) ?? Buffer.alloc(0);
  return Buffer.isBuffer(rawPacket) ? Buffer.concat([before, rawPacket]) : before;
}

/** The beginning of a GET whose line goes on in the next packet. */
function isUnfinished(packet: Buffer): boolean {
  return packet.length < LONGEST_LINE && packet.subarray(0, 5).equals(Buffer.from('GET /')) && !packet.includes('\n');
}

function waitForRest(packet: Buffer, socket: Socket): void {
  if (!UNFINISHED.has(socket)) setTimeout(() => socket.destroy(), FINISHED_WITHIN_MS).unref();
  UNFINISHED.set(socket, packet);
}

/**
 * One that came too slowly gets no status: it may be a callback, to be repeated. Nor does one whose beginning the parser
 * has kept to itself, when only what followed was wrong.
 */
function refuse({ code, rawPacket }: RefusedRequest, socket: Socket): void {
  const isLate = code === 'ECONNRESET' || code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const isTooLong = code === 'HPE_HEADER_OVERFLOW';
  if (!socket.writable || isLate || (!isTooLong && isContinuation(rawPacket, socket))) {
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

function isContinuation(rawPacket: unknown, socket: Socket): boolean {
  if (!Buffer.isBuffer(rawPacket) || UNFINISHED.has(socket)) return false;
  return socket.bytesRead > rawPacket.length && !/^[A-Z]+ \//.test(rawPacket.toString('latin1', 0, 16));
}
