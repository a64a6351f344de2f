import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { LadderService } from '../support/ladder-service.js';

const FOR_MS = 40_000;
const EVERY_MS = 5;

let service: LadderService;
let holder: pg.Client;

beforeEach(async () => {
  holder = new pg.Client();
});

afterEach(async () => {
  await holder.end();
  await service.stop();
});

/** Sends 200 callbacks a second for a while, each about another message; gives how long each took, sorted. */
async function load(name: string, milliseconds: number): Promise<number[]> {
  const replies: Promise<{ status: number | 'none'; milliseconds: number }>[] = [];
  const start = performance.now();
  for (let index = 0; performance.now() - start < milliseconds; index += 1) {
    replies.push(service.callback(callbackQuery(`${name}-${index}`)));
    const ahead = start + (index + 1) * EVERY_MS - performance.now();
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  const all = await Promise.all(replies);
  expect(all.filter(({ status }) => status !== 200)).toEqual([]);
  return all.map((each) => each.milliseconds).toSorted((a, b) => a - b);
}

const p99 = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length * 0.99)] as number;

it.each([
  ['with a spool', {}],
  ['without one', false],
] as const)(
  'one row held for 40 s, %s: the 99th percentile of the others is at most twice what it is without',
  { timeout: 180_000 },
  async (_, spool) => {
    service = await LadderService.start({ spool });
    await service.accepted([callbackQuery('held', { SendStatus: '7', SendSuccess: '0' })]);
    await load('warm', 10_000);
    const free = p99(await load('free', FOR_MS));
    holder = new pg.Client({ connectionString: service.database.url });
    await holder.connect();
    await holder.query(`begin; select from esms.messages where sms_id = 'held' for update`);
    // Ten a second about the held one, each other content.
    const held: ReturnType<LadderService['callback']>[] = [];
    const about = setInterval(() => {
      held.push(service.callback(callbackQuery('held', { TotalPrice: `${held.length}.0000` })));
    }, 100);
    const beside = p99(await load('beside', FOR_MS));
    clearInterval(about);
    const rows = await service.rows(`select from esms.receipts where sms_id like 'beside-%'`);
    await holder.query('rollback');
    const statuses = (await Promise.all(held)).map(({ status }) => status);
    process.stdout.write(`p99 ${free.toFixed(1)} ms without, ${beside.toFixed(1)} ms with the row held\n`);
    expect(rows.length).toBeGreaterThan(FOR_MS / EVERY_MS / 2);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(beside).toBeLessThanOrEqual(free * 2);
    await service.drained();
    expect(await service.rows(`select count(*)::int from esms.receipts where sms_id = 'held'`)).toEqual([
      { count: held.length + 1 },
    ]);
  },
);
