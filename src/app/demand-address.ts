import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ends where nobody else listens at the address. Asked before anything is opened: that a port is in use, somebody wants
 * to know at once, and not when a database has been made. Rejects with Node's error.
 */
export async function demandAddress({ port, host }: { port: number; host: string }): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
