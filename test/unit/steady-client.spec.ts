import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ImpatientClient } from '../../src/database/impatient-client.js';
import { SteadyClient } from '../../src/database/steady-client.js';

/** A message of the server: its type, its length, its content. */
function message(type: string, content: string): Buffer {
  const body = Buffer.from(content, 'latin1');
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Ready, and dead, in one packet. */
const READY_AND_DEAD = Buffer.concat([
  message('R', '\0\0\0\0'),
  message('Z', 'I'),
  message('E', 'SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'),
]);

let server: Server;

beforeEach(async () => {
  server = createServer((socket: Socket) => socket.once('data', () => socket.end(READY_AND_DEAD)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => void server.close());

it.each([
  ['SteadyClient', SteadyClient],
  ['ImpatientClient', ImpatientClient],
])('a %s that dies while a pool hands it over ends no process, and tells who asks', async (_, Client) => {
  const { port } = server.address() as AddressInfo;
  const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'nobody', database: 'none', password: '', Client });
  const ask = async (): Promise<void> => {
    const client = await pool.connect();
    await client.query('select 1').finally(() => client.release(true));
  };
  await expect(ask()).rejects.toThrow('not queryable');
  await pool.end();
});
