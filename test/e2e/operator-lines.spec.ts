import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { Service, TOKENS } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';

const WRONG = 'a-wrong-secret-of-somebody';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The lines that something of a test has caused. */
async function linesOf(cause: () => Promise<unknown>): Promise<string[]> {
  const before = service.log.length;
  await cause();
  return service.log.slice(before);
}

describe('what others can cause as often as they like is one line, without what is secret', () => {
  it('a callback with an unknown token', async () => {
    const lines = await linesOf(() =>
      Promise.all(
        times(200).map((index) => service.callback(callbackQuery('canary-sms'), { token: `${WRONG}-${index}` })),
      ),
    );
    expect(lines).toEqual([
      expect.stringMatching(
        /^a callback with an unknown token was refused, from (::ffff:)?127\.0\.0\.1 EsmsCallbacks$/,
      ),
    ]);
    expect(lines.join()).not.toMatch(/wrong-secret|canary/);
  });

  it('a wrong API key, in either header and before a body is read', async () => {
    const lines = await linesOf(async () => {
      await Promise.all(times(50).map((index) => service.api('/messages', { key: `${WRONG}-${index}` })));
      await service.api('/messages', { key: null, headers: { authorization: `Bearer ${WRONG}` } });
      await service.api('/messages', { key: WRONG, method: 'POST', body: { ref: 'x' } });
    });
    expect(lines).toEqual([
      expect.stringMatching(/^a request with an unknown API key was refused, from \S+ EsmsAccess$/),
    ]);
    expect(lines.join()).not.toContain('wrong-secret');
  });

  it('none at all for a key that is missing, or one of too few scopes', async () => {
    expect(await linesOf(() => service.api('/messages', { key: null }))).toEqual([]);
  });

  it('a callback that is no valid HTTP', async () => {
    const { port } = service;
    const salvaged = async (index: number): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `GET /callbacks/esms/${TOKENS.default}?SMSID=raw-${index}&error_info=a b HTTP/1.1\r\nHost: x\r\n\r\n`,
      );
      let answer = '';
      for await (const bytes of socket) answer += String(bytes);
      return answer;
    };
    const lines = await linesOf(async () => {
      for (const index of times(5)) expect(await salvaged(index)).toMatch(/^HTTP\/1\.1 200/);
    });
    expect(lines).toEqual(['a callback that is no valid HTTP was salvaged EsmsCallbacks']);
  });

  it('a callback that goes into quarantine, for each reason', async () => {
    const lines = await linesOf(async () => {
      for (const index of times(20)) await service.callback(`SendStatus=5&phonenumber=0912345678&nameless=${index}`);
      for (const index of times(20)) await service.callback(`SMSID=&SendStatus=5&nameless=${index}`);
      await service.callback(`SMSID=${'canary'.repeat(40)}&SendStatus=5`);
      await service.callback('SMSID=canary-1&SMSID=canary-2&SendStatus=5');
    });
    expect(new Set(lines).size).toBe(lines.length);
    for (const line of lines) {
      expect(line).toMatch(/^a callback of account default went into quarantine: [a-z_]+ EsmsQuarantine$/);
    }
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.join()).not.toMatch(/canary|0912345678/);
  });
});

describe('a delivery that is parked', () => {
  it('is an ERROR with subscriber, event, SMSID, attempts and reason; the attempts before it are counted', async () => {
    const database = await createTestDatabase();
    const fail = (): never => {
      throw new Error('the order of +84 912 345 678 is gone, token=secret-of-the-host');
    };
    const instance = await DispatcherInstance.start(database.url, {
      providers: [eventHandler({ subscriber: 'orders' }, fail)],
      dispatcher: { maxAttempts: 3, backoffMs: 5 },
    });
    await raise(instance, makeEvent('sms-of-the-first', 1), makeEvent('sms-of-the-second', 1));
    const errors = (): string[] => instance.log.filter((line) => line.startsWith('ERROR'));
    await expect.poll(() => errors().length).toBe(2);
    for (const [index, smsId] of ['sms-of-the-first', 'sms-of-the-second'].entries()) {
      const [line = ''] = errors().filter((each) => each.includes(smsId));
      expect(line, String(index)).toMatch(
        /parked for orders: message\.\w+ of sms-of-the-\w+ \(account default, event /,
      );
      expect(line).toMatch(/after 3 attempts; .*: the order of \+\*\* \*\*\* \*\*\* \*\*\* is gone/);
    }
    expect(instance.log.filter((line) => line.includes('failed, attempt'))).toHaveLength(1);
    expect(instance.log.join('\n')).not.toMatch(/912 345 678|secret-of-the-host/);
    await instance.stop();
    await database.drop();
  });
});
