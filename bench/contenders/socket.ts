import { once } from 'node:events';
import { createServer } from 'node:net';
import type { RunningContender } from '../contender-process.js';
import { HOST } from './callback-route.js';
import { listeningPort } from './listening-port.js';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nOK';

/** Answers anything at once, so that only the load generator works; it relies on a request being one chunk. */
export async function startSocket(): Promise<RunningContender> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(ANSWER, 'latin1'));
    socket.on('error', () => socket.destroy());
  });
  server.listen({ port: 0, host: HOST, backlog: 1_024 });
  await once(server, 'listening');
  return { port: listeningPort(server), close: async () => void server.close() };
}
