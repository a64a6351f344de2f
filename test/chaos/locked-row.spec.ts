import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { LadderService, type Reply } from '../support/ladder-service.js';

const WINDOW_MS = 20_000;
const TURNS = 2;
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

/** Sends 200 callbacks a second for a while, each about another message; gives how long each took. */
async function load(name: string, milliseconds: number): Promise<number[]> {
  const replies: Promise<Reply>[] = [];
  const start = performance.now();
  for (let index = 0; performance.now() - start < milliseconds; index += 1) {
    replies.push(service.callback(callbackQuery(`${name}-${index}`)));
    const ahead = start + (index + 1) * EVERY_MS - performance.now();
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  const all = await Promise.all(replies);
  expect(all.filter(({ status }) => status !== 200)).toEqual([]);
  return all.map((each) => each.milliseconds);
}

const p99 = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] as number;

it.each([
  ['with a spool', {}],
  ['without one', false],
] as const)(
  'one row held for 40 s in all, %s: the 99th percentile of the others is at most twice what it is without',
  { timeout: 240_000 },
  async (_, spool) => {
    service = await LadderService.start({ spool });
    await service.accepted([callbackQuery('held', { SendStatus: '7', SendSuccess: '0' })]);
    holder = new pg.Client({ connectionString: service.database.url });
    await holder.connect();
    await load('warm', WINDOW_MS / 2);
    const [free, beside, held]: [number[], number[], Promise<Reply>[]] = [[], [], []];
    // By turns, since what else the machine has to do changes meanwhile.
    for (let turn = 0; turn < TURNS; turn += 1) {
      free.push(...(await load(`free-${turn}`, WINDOW_MS)));
      await holder.query(`begin; select from esms.messages where sms_id = 'held' for update`);
      // Ten a second about the held one, each other content.
      const about = setInterval(() => {
        held.push(service.callback(callbackQuery('held', { TotalPrice: `${held.length}.0000` })));
      }, 100);
      beside.push(...(await load(`beside-${turn}`, WINDOW_MS)));
      clearInterval(about);
      await holder.query('rollback');
    }
    const statuses = (await Promise.all(held)).map(({ status }) => status);
    const [without, withIt] = [p99(free), p99(beside)];
    process.stdout.write(`p99 ${without.toFixed(1)} ms without, ${withIt.toFixed(1)} ms with the row held\n`);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(withIt).toBeLessThanOrEqual(without * 2);
    await service.drained();
    expect(await service.rows(`select count(*)::int from esms.receipts where sms_id = 'held'`)).toEqual([
      { count: held.length + 1 },
    ]);
  },
);
