import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackgroundWork } from '../../src/database/background-work.js';
import { DatabaseProxy } from '../support/database-proxy.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const AWAY = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });

let database: TestDatabase;
let proxy: DatabaseProxy;

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await DatabaseProxy.start(database.url);
});

afterEach(async () => {
  await proxy.close();
  await database.drop();
});

it('a database that goes away is one line of all that works in the background, and one when it is back', async () => {
  const heard: string[] = [];
  const subscribers = ['one', 'two', 'three', 'four'];
  const instance = await DispatcherInstance.start(proxy.url, {
    providers: subscribers.map((subscriber) => eventHandler({ subscriber }, () => heard.push(subscriber))),
    dispatcher: { pollMs: 50 },
    billing: true,
    crm: true,
    webhooks: {},
  });
  const started = instance.log.length;
  proxy.set('refuse');
  const enough = proxy.connections + 100;
  await eventually(() => expect(proxy.connections).toBeGreaterThan(enough));
  const lines = instance.log.slice(started);
  expect(lines.filter((line) => line.includes('waits for the database'))).toHaveLength(1);
  // Of each of the two pools, that its idle connections are gone.
  expect(lines.filter((line) => !line.includes('idle connection lost')).length, lines.join('\n')).toBe(1);
  expect(lines.length).toBeLessThanOrEqual(3);
  proxy.set('pass');
  await eventually(() => raise(instance, makeEvent('m-1', 1)));
  await eventually(() => expect(heard.toSorted()).toEqual(subscribers.toSorted()));
  const isTold = (): void => expect(instance.log.join('\n')).toContain('work in the background goes on');
  await eventually(isTold);
  expect(instance.log.slice(started).filter((line) => line.includes('in the background'))).toHaveLength(2);
  await instance.stop();
});

describe('work that fails by itself', () => {
  it('is told of by its name, at each change, beside a database that is away', async () => {
    const said: string[] = [];
    const write = (line: unknown): void => void said.push(String(line));
    const logger = { log: write, warn: write, error: write };
    Logger.overrideLogger(logger);
    const work = new BackgroundWork();
    const failing = (cause: Error) => (): Promise<void> => Promise.reject(cause);
    for (const _ of [1, 2, 3]) {
      expect(await work.attempt('sweeping', failing(new Error('no room for 5 of 7')))).toBe(false);
      await work.attempt('looking', failing(AWAY));
      await work.attempt('counting', failing(AWAY));
    }
    await work.attempt('sweeping', failing(new Error('no room for 6 of 7')));
    await work.attempt('sweeping', failing(new Error('permission denied')));
    expect(await work.attempt('sweeping', () => Promise.resolve())).toBe(true);
    await work.attempt('sweeping', () => Promise.resolve());
    Logger.overrideLogger(false);
    expect(said).toEqual([
      'sweeping: failed, tried again until it works: no room for 5 of 7',
      expect.stringContaining('work in the background waits for the database: connect ECONNREFUSED'),
      'sweeping: failed, tried again until it works: permission denied',
      'sweeping: works again',
    ]);
  });
});
