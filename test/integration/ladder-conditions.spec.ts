import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeSpooled } from '../../src/callbacks/spooled-callback.js';
import { encodeRecord } from '../../src/spool/spool-record.js';
import { callbackQuery } from '../support/callback-query.js';
import { eventually } from '../support/eventually.js';
import { LadderService } from '../support/ladder-service.js';

let service: LadderService;
let isMounted = false;

afterEach(async () => {
  if (isMounted) spawnSync('umount', ['-l', service.directory]);
  isMounted = false;
  await service.stop();
});

const queries = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => callbackQuery(`${name}-${index}`));

const readiness = async (): Promise<number | 'none'> => (await service.ask('/health/ready')).status;
const expectReadiness = (status: number): Promise<void> =>
  eventually(async () => expect(await readiness()).toBe(status));

/** Holds callbacks until the database is there again: nothing else takes them now. */
async function expectHeld(): Promise<void> {
  const held = service.callback(callbackQuery('held'));
  expect(await Promise.race([held, new Promise((resolve) => setTimeout(resolve, 1_000))])).toBeUndefined();
  service.proxy.set('pass');
  expect((await held).status).toBe(200);
}

describe('ready means that the next callback would be stored: not so while the database is away and the spool', () => {
  it('is at its most bytes; again when it is drained', async () => {
    service = await LadderService.start({ spool: { maxBytes: 6_000 } });
    service.proxy.set('refuse');
    await expectReadiness(200);
    const replies = queries('filling', 40).map((query) => service.callback(query));
    await expectReadiness(503);
    service.proxy.set('pass');
    await expectReadiness(200);
    expect(new Set((await Promise.all(replies)).map(({ status }) => status))).toEqual(new Set([200]));
    await service.drained();
    service.proxy.set('refuse');
    await expectReadiness(200);
  });

  it('has a file in the place of its directory; again when that is gone', async () => {
    service = await LadderService.start();
    service.proxy.set('refuse');
    await expectReadiness(200);
    rmSync(service.directory, { recursive: true });
    writeFileSync(service.directory, '');
    await expectReadiness(503);
    rmSync(service.directory);
    await expectReadiness(200);
    await service.accepted(queries('again', 5));
    expect(service.spooled).not.toEqual([]);
    service.proxy.set('pass');
    await service.drained();
  });

  it('could not be opened at the start, as long as that is so', async () => {
    service = await LadderService.start();
    await service.shutDown();
    rmSync(service.directory, { recursive: true });
    writeFileSync(service.directory, '');
    await service.boot();
    await expectReadiness(200);
    service.proxy.set('refuse');
    await expectReadiness(503);
    rmSync(service.directory);
    mkdirSync(service.directory);
    await expectReadiness(200);
    await service.accepted(queries('late', 5));
    service.proxy.set('pass');
    await service.drained();
  });

  it('is on a disk that is full; again when there is room', async ({ skip }) => {
    service = await LadderService.start();
    isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', service.directory]).status === 0;
    if (!isMounted) return skip('no tmpfs can be mounted here');
    service.proxy.set('refuse');
    await expectReadiness(200);
    const filling = join(service.directory, 'filling');
    expect(() => writeFileSync(filling, Buffer.alloc(128 * 1024))).toThrow('ENOSPC');
    await expectReadiness(503);
    rmSync(filling);
    await expectReadiness(200);
    await service.accepted(queries('room', 5));
    service.proxy.set('pass');
    await service.drained();
  });
});

describe('without a spool, ready means that the database takes the next callback: not so while it', () => {
  it('is away; the callback is held', async () => {
    service = await LadderService.start({ spool: false });
    await expectReadiness(200);
    service.proxy.set('refuse');
    await expectReadiness(503);
    await expectHeld();
    await expectReadiness(200);
  });

  it('only reads', async () => {
    service = await LadderService.start({ spool: false });
    const name = new URL(service.database.url).pathname.slice(1);
    await service.rows(`alter database "${name}" set default_transaction_read_only = on`);
    service.proxy.set('refuse');
    service.proxy.set('pass');
    await expectReadiness(503);
    await service.rows(`begin read write; alter database "${name}" reset default_transaction_read_only; commit`);
    service.proxy.set('refuse');
    service.proxy.set('pass');
    await expectReadiness(200);
  });

  it('has a table that somebody locked', async () => {
    service = await LadderService.start({ spool: false });
    const holder = new pg.Client({ connectionString: service.database.url });
    await holder.connect();
    await holder.query('begin; lock table esms.receipts');
    await expectReadiness(503);
    await holder.query('rollback');
    await holder.end();
    await expectReadiness(200);
  });
});

const lines = (...parts: string[]): string[] => service.log.filter((line) => parts.some((part) => line.includes(part)));

describe('an outage is told', () => {
  it('in one line when it begins and one when it is over, however many callbacks come', async () => {
    service = await LadderService.start();
    service.proxy.set('refuse');
    for (let round = 0; round < 5; round += 1) await service.accepted(queries(`round-${round}`, 40));
    service.proxy.set('pass');
    await eventually(() => expect(lines('back after')).toHaveLength(1));
    const told = service.log.filter((line) => /Esms(Spool|Callbacks)$/.test(line));
    expect(told.map((line) => line.replace(/ (since|after) .*/, ''))).toEqual(['spooling', 'back']);
    expect(lines('back after')[0]).toContain('200 callbacks were spooled, 200 committed from here');
    await service.drained();
  });

  it('without a spool too: held, and held no more', async () => {
    service = await LadderService.start({ spool: false });
    service.proxy.set('refuse');
    const replies = queries('held', 40).map((query) => service.callback(query));
    await eventually(() => expect(lines('are held')).toHaveLength(1));
    service.proxy.set('pass');
    await Promise.all(replies);
    await eventually(() => expect(lines('are held', 'no callback is held any more')).toHaveLength(2));
  });
});

describe('a message that is locked', () => {
  it.each(['row', 'registration'])(
    'by a %s goes to the spool alone, and is committed when it is let go',
    async (what) => {
      service = await LadderService.start();
      await service.accepted([callbackQuery(what === 'row' ? 'locked' : 'other')]);
      const holder = new pg.Client({ connectionString: service.database.url });
      await holder.connect();
      await holder.query('begin');
      if (what === 'row') await holder.query(`select from esms.messages where sms_id = 'locked' for update`);
      else await service.messages.register({ requestId: 'request-1' }, { manager: holder });
      let about = 0;
      const locked = async (): Promise<void> => {
        about += 1;
        await service.accepted([callbackQuery('locked', { RequestId: 'request-1', TotalPrice: `${about}.0000` })]);
      };
      await Promise.all([locked(), locked(), locked(), locked(), service.accepted(queries('others', 50))]);
      const others = `select from esms.messages where sms_id like 'others-%'`;
      await eventually(async () => expect(await service.rows(others)).toHaveLength(50));
      expect(service.spooled).not.toEqual([]);
      // On a slow machine the first ones may have gone there for want of time.
      await eventually(async () => {
        await locked();
        expect(lines('wait for a lock in the spool')).toHaveLength(1);
      });
      await holder.query('commit');
      await holder.end();
      await service.drained();
      const receipts = await service.rows(`select from esms.receipts where sms_id = 'locked'`);
      expect(receipts).toHaveLength(what === 'row' ? about + 1 : about);
      expect(await service.rows('select from esms.quarantine')).toEqual([]);
      await eventually(() => expect(lines('nothing waits for a lock any more')).toHaveLength(1));
    },
  );

  it('is held where there is no spool, and nobody else is', async () => {
    service = await LadderService.start({ spool: false });
    const holder = new pg.Client({ connectionString: service.database.url });
    await holder.connect();
    await holder.query('begin');
    await service.messages.register({ smsId: 'locked' }, { manager: holder });
    const held = [0, 1, 2, 3, 4].map((index) =>
      service.callback(callbackQuery('locked', { TotalPrice: `${index}.0000` })),
    );
    await eventually(() => expect(lines('are held')).toHaveLength(1));
    await service.accepted(queries('others', 50));
    await holder.query('commit');
    await holder.end();
    expect(new Set((await Promise.all(held)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(await service.rows(`select from esms.receipts where sms_id = 'locked'`)).toHaveLength(5);
  });
});

describe('nothing is counted that the gateway never sent', () => {
  /** Puts callbacks into a segment of the spool, as a process left it. */
  const leave = (segment: string, callbacks: readonly [query: string, receivedAt: string][]): void => {
    const records = callbacks.map(([text, receivedAt]) =>
      encodeRecord(encodeSpooled({ account: 'default', receivedAt, query: Buffer.from(text) })),
    );
    writeFileSync(join(service.directory, segment), Buffer.concat(records));
  };
  const [noon, later, latest] = ['00', '01', '02'].map((second) => `2026-11-25T12:00:${second}.123456Z`) as [
    string,
    string,
    string,
  ];

  it('where a segment is drained again, of which all or some was committed', async () => {
    service = await LadderService.start();
    const [kept, quarantined] = [callbackQuery('kept'), 'SendStatus=5'];
    const counted = async (): Promise<unknown[]> => [
      await service.rows('select received_at as at, repeats from esms.receipts'),
      await service.rows('select repeats from esms.quarantine'),
    ];
    const expected = (second: string, repeats: number): unknown[] => [
      [{ at: new Date(`2026-11-25T12:00:${second}.123Z`), repeats }],
      [{ repeats }],
    ];
    const both = (at: string): [string, string][] => [
      [kept, at],
      [quarantined, at],
    ];
    // In one batch, then a segment at a time; a copy that came earlier than what is kept, and then again.
    for (const [index, times, repeats] of [
      [1, [later, later], 0],
      [2, [later], 0],
      [3, [later, latest], 1],
      [4, [latest, later, latest], 1],
      [5, [noon, latest], 2],
      [6, [noon, later, latest], 2],
    ] as const) {
      leave(`${index}-aa.closed`, times.flatMap(both));
      await service.drained();
      expect(await counted()).toMatchObject(expected(index < 5 ? '01' : '00', repeats));
    }
  });

  it('by two processes on one spool, after an outage', async () => {
    service = await LadderService.start();
    const twin = await service.twin();
    try {
      service.proxy.set('refuse');
      const sent = queries('once', 300);
      await Promise.all(sent.map((query, index) => (index % 2 === 0 ? service : twin).callback(query)));
      expect(service.spooled.length).toBeGreaterThan(0);
      service.proxy.set('pass');
      await service.drained();
      const counted = 'select count(*)::int, sum(repeats)::int as repeats from esms.receipts';
      expect(await service.rows(counted)).toEqual([{ count: 300, repeats: 0 }]);
      await Promise.all(sent.slice(0, 50).map((query) => twin.callback(query)));
      await service.drained();
      expect(await service.rows(counted)).toEqual([{ count: 300, repeats: 50 }]);
    } finally {
      await twin.shutDown();
    }
  });
});
