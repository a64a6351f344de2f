import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM, problemOf } from './problem.js';

/**
 * Answers what Node's parser refuses and is no callback. One that came too slowly gets no status: it may be a callback,
 * to be repeated.
 */
export function refuse({ code }: NodeJS.ErrnoException, socket: Socket): void {
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
