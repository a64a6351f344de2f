import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { derivedIdSql, POSITIONS_OF_CHANGE } from '../../src/database/change-sql.js';
import { derivedId, EVENT_TYPES } from '../../src/domain/domain-event.js';
import { EventFeed } from '../../src/events/feed/event-feed.js';
import { BEGINNING, type FeedPlace } from '../../src/events/feed/feed-queries.js';
import type { EsmsEvent, EventType } from '../../src/index.js';
import { DispatcherInstances } from '../support/dispatcher-instances.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { LogProbe } from '../support/log-probe.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import type { TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
const instances = new DispatcherInstances();
const { start } = instances;

beforeEach(async () => {
  database = await instances.begin();
});

afterEach(async () => {
  await instances.end();
});

const TIME = '2026-11-25T19:05:40.123456Z';

/** The events of one change of a message. */
const change = (subject: string, first: number, ...types: EventType[]): EsmsEvent[] =>
  types.map((type, index) => ({ ...makeEvent(subject, first + index, type), time: TIME }));

const rows = () =>
  query(database.url, 'select subject, sequence::int, position::int, types from esms.changes order by position');

const keysOf = (events: readonly EsmsEvent[]): string[] =>
  events.map(({ subject, sequence }) => `${subject}/${sequence}`);

describe('the events of one change', () => {
  it('are one row, and reach everybody as what they are', async () => {
    const got: EsmsEvent[] = [];
    const handler = eventHandler({ subscriber: 'host' }, ([event]) => got.push(event as EsmsEvent));
    const instance = await start({ providers: [handler, LogProbe] });
    const events = [
      ...change('m', 1, 'message.sent', 'message.delivered', 'message.sent'),
      ...change('n', 1, 'message.sent'),
      ...change('m', 4, 'message.sent', 'message.contradicted'),
    ];
    await raise(instance, ...events);
    await instance.caughtUp();
    expect(await rows()).toMatchObject([
      { subject: 'm', sequence: 1, position: 1 },
      { subject: 'n', sequence: 1, position: 1 + POSITIONS_OF_CHANGE },
      { subject: 'm', sequence: 4, position: 1 + 2 * POSITIONS_OF_CHANGE },
    ]);
    const bySequence = (of: readonly EsmsEvent[], subject: string) => of.filter((each) => each.subject === subject);
    for (const subject of ['m', 'n']) expect(bySequence(got, subject)).toEqual(bySequence(events, subject));
    expect(await LogProbe.effects(database.url)).toEqual(['m/1', 'm/3', 'n/1', 'm/4']);
    const shown = await query(database.url, 'select id, sequence::int, type from esms.events order by position');
    expect(shown).toEqual(events.map(({ id, sequence, type }) => ({ id, sequence, type })));
  });

  it('are paged one by one in the feed', async () => {
    const instance = await start({ dispatcher: false });
    const events = [...change('m', 1, 'message.sent', 'message.delivered'), ...change('n', 1, 'message.sent')];
    await raise(instance, ...events);
    const feed = instance.app.get(EventFeed, { strict: false });
    const seen: EsmsEvent[] = [];
    let after: FeedPlace = BEGINNING;
    for (let page = 0; page < 4; page += 1) {
      const request = { account: 'default', types: EVENT_TYPES, subject: null, limit: 1, waitMs: 0 };
      const read = await feed.read({ ...request, after, signal: new AbortController().signal });
      seen.push(...read.events);
      after = read.end;
    }
    expect(seen).toEqual(events);
  });

  it.each([1, 2, 3])('one that fails, the %i., is held back with those behind it', async (bad) => {
    let isMended = false;
    LogProbe.within = (given) => {
      if (!isMended && keysOf(given).includes(`m/${bad}`)) throw new Error('bad');
    };
    const instance = await start({ providers: [LogProbe] });
    await raise(instance, ...change('m', 1, 'message.sent', 'message.sent', 'message.sent'), makeEvent('n', 1));
    await eventually(async () => expect((await instance.subscriptions.parked('probe')).items).toHaveLength(1));
    const { items } = await instance.subscriptions.parked('probe');
    expect(items).toMatchObject([{ subject: 'm', sequence: bad, eventId: derivedId('default', 'm', String(bad)) }]);
    await eventually(async () => expect(await LogProbe.effects(database.url)).toContain('n/1'));
    const before = (await LogProbe.effects(database.url)).filter((each) => each.startsWith('m/'));
    expect(before).toEqual(['m/1', 'm/2', 'm/3'].slice(0, bad - 1));
    isMended = true;
    expect(await instance.subscriptions.requeue('probe', { eventId: items[0]?.eventId ?? '' })).toBe(1);
    await instance.caughtUp();
    const after = (await LogProbe.effects(database.url)).filter((each) => each.startsWith('m/'));
    expect(after).toEqual(['m/1', 'm/2', 'm/3']);
  });

  it('come from the middle on where a cursor stands in the middle', async () => {
    const receiving = await start({ dispatcher: false });
    await raise(receiving, ...change('m', 1, 'message.sent', 'message.sent', 'message.sent'), makeEvent('n', 1));
    await query(
      database.url,
      `insert into esms.cursors (subscriber, position, gaps) values ('probe', 18, '{[2,3)}');
       update esms.cursors set position = 17`,
    );
    const worker = await start({ providers: [LogProbe] });
    await worker.caughtUp();
    expect(await LogProbe.effects(database.url)).toEqual(['m/2']);
  });

  it('are replayed whole or not at all', async () => {
    const instance = await start({ providers: [LogProbe] });
    await raise(instance, ...change('before', 1, 'message.sent', 'message.sent'));
    await query(database.url, `update esms.changes set recorded_at = now() - interval '1 hour'`);
    await raise(instance, ...change('after', 1, 'message.sent', 'message.sent'));
    await instance.caughtUp();
    await instance.subscriptions.replay('probe', new Date(Date.now() - 1_800_000));
    const again = ['after/1', 'after/2'];
    await eventually(async () => expect((await LogProbe.effects(database.url)).slice(4)).toEqual(again));
    await instance.caughtUp();
    expect((await LogProbe.effects(database.url)).slice(4)).toEqual(again);
  });

  it('are made again for a webhook one by one', async () => {
    const instance = await start({ webhooks: { allowPrivateNetworks: true } });
    await raise(instance, ...change('m', 1, 'message.sent', 'message.delivered'));
    const { id } = await instance.webhooks.add({ url: 'http://127.0.0.1:9/', enabled: false });
    const eventId = derivedId('default', 'm', '2');
    await instance.webhooks.replay(id, { subject: 'm', eventId });
    const made = await query(
      database.url,
      `select sequence::int from esms.deliveries where subscriber like 'webhook:%'`,
    );
    expect(made).toEqual([{ sequence: 2 }]);
  });
});

it('the id of an event is the same in SQL', async () => {
  const sql = derivedIdSql('$1::text', '$2::text', '$3::bigint');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => !each.includes('\0'));
  await fc.assert(
    fc.asyncProperty(text, text, fc.nat(), async (account, subject, sequence) => {
      const { rows: found } = await client.query<{ id: string }>(`select ${sql} as id`, [account, subject, sequence]);
      expect(found[0]?.id).toBe(derivedId(account, subject, String(sequence)));
    }),
    { numRuns: 200 },
  );
  await client.end();
});
