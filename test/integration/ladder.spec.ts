import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeRecord } from '../../src/spool/spool-record.js';
import { encodeSpooled } from '../../src/callbacks/spooled-callback.js';
import { callbackQuery } from '../support/callback-query.js';
import type { ProxyMode } from '../support/database-proxy.js';
import { eventually } from '../support/eventually.js';
import { LadderService } from '../support/ladder-service.js';
import { lifeQueries } from '../support/life-queries.js';

let service: LadderService;

afterEach(() => service.stop());

const BEFORE = lifeQueries('before', 40);
const DURING = lifeQueries('during', 120);
const AFTER = lifeQueries('after', 40);

/** What the same callbacks come to where nothing ever fails. */
const undisturbed = (() => {
  let outcome: Promise<Awaited<ReturnType<LadderService['outcome']>>> | null = null;
  const find = async (): Promise<Awaited<ReturnType<LadderService['outcome']>>> => {
    const control = await LadderService.start();
    try {
      for (const lives of [BEFORE, DURING, AFTER]) await sendLives(control, lives);
      await control.drained();
      return await control.outcome();
    } finally {
      await control.stop();
    }
  };
  return () => (outcome ??= find());
})();

/** Each message's callbacks one after the other, those of different messages at once. */
async function sendLives(to: LadderService, lives: readonly string[][]): Promise<void> {
  await Promise.all(
    lives.map(async (life) => {
      for (const query of life) await to.accepted([query]);
    }),
  );
}

/** The service is ready, and says so. */
async function expectReady(to: LadderService): Promise<void> {
  const reply = await to.ask('/health/ready');
  expect(reply.status, reply.text).toBe(200);
}

describe('while the database', () => {
  it.each<[string, ProxyMode, number]>([
    ['refuses connections', 'refuse', 0],
    ['is a black hole', 'black-hole', 0],
    ['is slow', 'slow', 900],
  ])('%s, every callback is answered 200, and in the end all is as if nothing had been', async (_name, mode, delay) => {
    service = await LadderService.start();
    await sendLives(service, BEFORE);
    await service.drained();
    // Idle connections of every pool: they are what a black hole swallows unnoticed.
    await Promise.all(Array.from({ length: 12 }, () => service.ask('/health/ready')));
    service.proxy.set(mode, delay);
    await sendLives(service, DURING);
    await expectReady(service);
    if (mode !== 'slow') expect(service.spooled).not.toEqual([]);
    service.proxy.set('pass');
    await sendLives(service, AFTER);
    await service.drained();
    expect(await service.outcome()).toEqual(await undisturbed());
  });

  it('is away, a few callbacks wait until that is known and the others do not', async () => {
    service = await LadderService.start();
    service.proxy.set('black-hole');
    const waits: number[] = [];
    for (const [query = ''] of lifeQueries('one', 60))
      waits.push(...(await service.accepted([query])).map((each) => each.milliseconds));
    const longest = Math.max(...waits);
    expect(waits.filter((wait) => wait > longest / 2).length).toBeLessThanOrEqual(8);
  });

  it('is found to be away, those that came in later are not left to wait as long', async () => {
    service = await LadderService.start();
    service.proxy.set('black-hole');
    const early = service.accepted(lifeQueries('early', 3).flat());
    await sleep(700);
    const late = service.accepted(lifeQueries('late', 20).flat());
    const shortest = Math.min(...(await early).map((each) => each.milliseconds));
    for (const { milliseconds } of await late) expect(milliseconds).toBeLessThan(shortest);
  });

  it('is away at the start, the service starts, is not ready, accepts all the same, and catches up', async () => {
    service = await LadderService.start({ mode: 'refuse' });
    await sendLives(service, BEFORE);
    expect((await service.ask('/health/ready')).status).toBe(503);
    await sendLives(service, DURING);
    service.proxy.set('pass');
    await service.enrolled();
    await eventually(() => expectReady(service));
    await sendLives(service, AFTER);
    await service.drained();
    const { messages, quarantine } = await service.outcome();
    const { messages: expected, quarantine: kept } = await undisturbed();
    expect({ messages, quarantine }).toEqual({ messages: expected, quarantine: kept });
  });

  it.each<ProxyMode>(['refuse', 'black-hole'])('is away (%s), the service stops, and loses nothing', async (mode) => {
    service = await LadderService.start({ mode });
    await sendLives(service, BEFORE);
    await service.shutDown();
    service.proxy.set('pass');
    await service.boot();
    await service.drained();
    expect((await service.outcome())['messages']).toHaveLength(35);
  });
});

describe('a lost reply to a COMMIT', () => {
  it('is not a lost callback, nor one that counts twice', async () => {
    service = await LadderService.start();
    service.proxy.set('drop-after-commit');
    const lives = lifeQueries('lost', 28);
    const sent = sendLives(service, lives);
    await eventually(() => expect(service.proxy.lostCommits).toBeGreaterThan(3));
    service.proxy.set('pass');
    await sent;
    await service.drained();
    const events = await service.rows(
      'select subject, type, count(*)::int from esms.events group by 1, 2 having count(*) > 1 and type <> $$message.cost_changed$$',
    );
    expect(events).toEqual([]);
    const sums = await service.rows(`
      select m.sms_id from esms.messages m left join esms.ledger l on l.sms_id = m.sms_id
      group by m.sms_id, m.price having coalesce(sum(l.delta), 0) <> coalesce(m.price, 0)`);
    expect(sums).toEqual([]);
    // What the lost replies were about is brought again, which is no copy; the gateway itself sent one of every seventh.
    const repeats = await service.rows('select repeats from esms.receipts where repeats > 0');
    expect(repeats).toEqual(Array.from({ length: 4 }, () => ({ repeats: 1 })));
  });
});

describe('an app.close() under load', () => {
  it('loses nothing that was answered and answers nothing with an error status', async () => {
    service = await LadderService.start();
    const kept: string[] = [];
    const statuses = new Set<number | 'none'>();
    let stopping = false;
    const load = Array.from({ length: 20 }, async (_, caller) => {
      for (let index = 0; !stopping; index += 1) {
        const smsId = `${caller}-${index}`;
        const { status } = await service.callback(callbackQuery(smsId));
        if (status === 200) kept.push(smsId);
        statuses.add(status);
        if (status === 'none') return;
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await service.shutDown();
    stopping = true;
    await Promise.all(load);
    expect([...statuses].filter((status) => status !== 200 && status !== 'none')).toEqual([]);
    expect(kept.length).toBeGreaterThan(20);
    await service.boot();
    await service.drained();
    const stored = new Set(
      (await service.rows('select sms_id from esms.messages')).map((row) => row['sms_id'] as string),
    );
    expect(kept.filter((smsId) => !stored.has(smsId))).toEqual([]);
  });
});

it('a whole record that is no callback is set aside, and its segment is drained', async () => {
  service = await LadderService.start();
  const spooled = (smsId: string): Buffer =>
    encodeSpooled({
      account: 'default',
      receivedAt: '2026-11-25T19:05:40.123456Z',
      query: Buffer.from(`SMSID=${smsId}`),
    });
  const records = [spooled('first'), Buffer.from('{}'), spooled('second')].map(encodeRecord);
  writeFileSync(join(service.directory, '1-aa.closed'), Buffer.concat(records));
  await service.drained();
  expect(await service.rows('select sms_id from esms.messages order by 1')).toEqual([
    { sms_id: 'first' },
    { sms_id: 'second' },
  ]);
  expect(service.log.join('\n')).toContain('1 damaged pieces');
});
