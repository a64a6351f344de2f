import { Agent, get } from 'node:http';
import { Client } from 'pg';
import { afterEach, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';

const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const task of cleanUp.splice(0).toReversed()) await task();
});

it('the first callbacks of a new installation reach billing and CRM, however long the start takes', async () => {
  const database = await createTestDatabase();
  const other = new Client({ connectionString: database.url });
  await other.connect();
  await other.query('begin; lock table esms.subscribers in exclusive mode');
  const service = await Service.listen(database);
  cleanUp.push(
    () => service.stop(),
    () => other.end(),
  );

  const answers = Promise.all([1, 2, 3].map((each) => service.callback(callbackQuery(`first-${each}`))));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await other.query('commit');
  expect((await answers).map(({ status, text }) => [status, text])).toEqual([1, 2, 3].map(() => [200, 'OK']));

  const stored = () => service.rows('select count(*)::int from esms.messages');
  await expect.poll(stored).toEqual([{ count: 3 }]);
  await service.settled();
  expect(await service.ledger('first-2')).toMatchObject({ deltas: ['850.0000'], sum: '850.0000' });
  expect(await service.rows('select count(*)::int from esms.ledger')).toEqual([{ count: 3 }]);
  expect(await service.rows('select count(*)::int from esms.contact_entries')).toEqual([{ count: 3 }]);
});

it('a stop does not wait for a connection that was answered meanwhile', async () => {
  const database = await createTestDatabase();
  const other = new Client({ connectionString: database.url });
  await other.connect();
  const service = await Service.start(undefined, database);
  const agent = new Agent({ keepAlive: true });
  cleanUp.push(async () => agent.destroy());

  await other.query('begin; lock table esms.messages in access exclusive mode');
  const answer = new Promise<number | undefined>((resolve, reject) => {
    const options = { port: service.port, agent, path: '/messages', headers: { 'x-api-key': KEYS.all } };
    get(options, (response) => response.resume().on('end', () => resolve(response.statusCode))).on('error', reject);
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  // Its keep-alive time of 75 s is longer than this test may take.
  const stopped = service.stop();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await other.query('rollback');
  await other.end();
  expect(await answer).toBe(200);
  await stopped;
});
