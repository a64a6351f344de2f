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

/** Saves the callback in a refused request, or refuses it. One that could not be stored is left unanswered. */
export async function answerRefused(refused: RefusedRequest, socket: Socket, salvage: Salvage): Promise<void> {
  const { rawPacket } = refused;
  try {
    const saved = Buffer.isBuffer(rawPacket) ? await salvage(rawPacket) : null;
    if (saved === null) refuse(refused, socket);
    else socket.end(saved, () => socket.destroy());
  } catch {
    socket.destroy();
  }
}

/** One that came too slowly gets no status: it may be a callback, to be repeated. */
function refuse({ code }: RefusedRequest, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET' || code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.destroy();
    return;
  }
  const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = problemOf(status);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    `content-type: ${PROBLEM}`,
    `content-length: ${body.length}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
