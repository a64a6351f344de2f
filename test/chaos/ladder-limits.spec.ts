import { Client } from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { LadderService, type Reply } from '../support/ladder-service.js';

let service: LadderService;

afterEach(() => service.stop());

const MOST_HELD = 2_000;

/** Makes the database refuse every receipt of one SMSID, with an error of a class of our choice. */
async function refuse(smsId: string, sqlState: string): Promise<void> {
  await service.rows(`
    create function esms.refuse() returns trigger language plpgsql as $$
    begin raise exception 'refused' using errcode = '${sqlState}'; end $$;
    create trigger refuse before insert on esms.receipts for each row when (new.sms_id = '${smsId}')
    execute function esms.refuse()`);
}

async function smsIds(): Promise<string[]> {
  return (await service.rows('select sms_id from esms.messages order by 1')).map((row) => row['sms_id'] as string);
}

const NEIGHBOURS = Array.from({ length: 200 }, (_, index) => `neighbour-${index}`);

describe('a report that cannot be stored', () => {
  it('for good is quarantined at once; all others of its batch are committed', async () => {
    service = await LadderService.start();
    await refuse('poison', '22003');
    const ids = NEIGHBOURS.toSpliced(100, 0, 'poison');
    const replies = await service.accepted(ids.map((smsId) => callbackQuery(smsId)));
    expect(replies.map(({ text }) => text)).toEqual(
      ids.map((id) => (id === 'poison' ? 'QUARANTINED unstorable' : 'OK')),
    );
    expect(await smsIds()).toEqual(NEIGHBOURS.toSorted());
    expect(await service.rows('select reason, repeats from esms.quarantine')).toEqual([
      { reason: 'unstorable', repeats: 0 },
    ]);
    expect(service.spooled).toEqual([]);
  });

  it('with an error that may pass is spooled, tried some times, and set aside; nobody waits for it', {
    timeout: 60_000,
  }, async () => {
    service = await LadderService.start();
    await refuse('poison', 'XX000');
    await service.accepted([...NEIGHBOURS, 'poison'].map((smsId) => callbackQuery(smsId)));
    expect(service.spooled).not.toEqual([]);
    // Goes to the same segment, or to one behind it.
    service.proxy.set('refuse');
    await service.accepted(['later-1', 'later-2', 'later-3', 'later-4'].map((smsId) => callbackQuery(smsId)));
    service.proxy.set('pass');
    await service.drained();
    expect(await smsIds()).toEqual([...NEIGHBOURS, 'later-1', 'later-2', 'later-3', 'later-4'].toSorted());
    const quarantined = await service.rows(`select reason, encode(raw, 'escape') as raw from esms.quarantine`);
    expect(quarantined).toEqual([{ reason: 'unstorable', raw: callbackQuery('poison') }]);
  });

  it('is not set aside while the database is away, however long', { timeout: 60_000 }, async () => {
    service = await LadderService.start();
    service.proxy.set('refuse');
    await service.accepted(['a', 'b', 'c', 'd'].map((smsId) => callbackQuery(smsId)));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    service.proxy.set('pass');
    await service.drained();
    expect(await smsIds()).toEqual(['a', 'b', 'c', 'd']);
    expect(await service.rows('select from esms.quarantine')).toEqual([]);
  });
});

it('what waits for a lock in the spool is not set aside, however long', {
  timeout: 60_000,
}, async () => {
  service = await LadderService.start();
  await service.accepted([callbackQuery('locked', { SendStatus: '7', SendSuccess: '0' })]);
  const holder = new Client({ connectionString: service.database.url });
  await holder.connect();
  await holder.query(`begin; select from esms.messages where sms_id = 'locked' for update`);
  await service.accepted([callbackQuery('locked')]);
  expect(service.spooled).not.toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  expect(await service.rows('select from esms.quarantine')).toEqual([]);
  await holder.query('rollback');
  await holder.end();
  await service.drained();
  expect(await service.rows('select state from esms.messages')).toEqual([{ state: 'reported' }]);
});

describe('where the spool takes no more', () => {
  it('callbacks are held, and answered once the database is back', { timeout: 60_000 }, async () => {
    service = await LadderService.start({ spool: { maxBytes: 2_000 } });
    service.proxy.set('refuse');
    const answered: Reply[] = [];
    const ids = Array.from({ length: 50 }, (_, index) => `held-${index}`);
    const replies = ids.map(async (smsId) => answered.push(await service.callback(callbackQuery(smsId))));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(answered.length).toBeGreaterThan(0);
    expect(answered.length).toBeLessThan(10);
    service.proxy.set('pass');
    await Promise.all(replies);
    expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([200]));
    await service.drained();
    expect(await smsIds()).toEqual(ids.toSorted());
    expect(service.log.some((line) => line.includes('the spool is half full'))).toBe(true);
  });

  it('beyond the most that are held, the connection is closed without a status', { timeout: 90_000 }, async () => {
    service = await LadderService.start({ spool: false });
    service.proxy.set('refuse');
    const replies = Array.from({ length: MOST_HELD + 50 }, (_, index) =>
      service.callback(callbackQuery(`held-${index}`)),
    );
    const early: Reply[] = [];
    for (const reply of replies) void reply.then((each) => early.push(each));
    await vi.waitFor(() => expect(early.length).toBe(50), { timeout: 30_000, interval: 50 });
    expect(new Set(early.map(({ status }) => status))).toEqual(new Set(['none']));
    expect((await service.ask('/health/ready')).status).toBe(503);
    expect((await service.ask('/health/live')).status).toBe(200);
    service.proxy.set('pass');
    const all = await Promise.all(replies);
    const answered = all.flatMap(({ status }, index) => (status === 200 ? [`held-${index}`] : []));
    expect(answered).toHaveLength(MOST_HELD);
    // One that was left unanswered may have been committed all the same; none that was answered may be missing.
    const stored = new Set(await smsIds());
    expect(answered.filter((smsId) => !stored.has(smsId))).toEqual([]);
  });

  it('a caller that leaves is not held any longer', { timeout: 30_000 }, async () => {
    service = await LadderService.start({ spool: false });
    service.proxy.set('refuse');
    const gone = service.callback(callbackQuery('gone'), 2_500);
    expect((await gone).status).toBe('none');
    await vi.waitFor(() => expect(service.log.join('\n')).toContain('left unanswered'), { timeout: 5_000 });
  });
});
