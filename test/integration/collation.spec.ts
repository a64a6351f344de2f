import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { query } from '../support/query.js';
import { type Message, Service } from '../support/service.js';
import { createCollatedDatabase } from '../support/test-database.js';

/** In another order than their bytes': `B`, `_c`, `a`, `ä`. */
const SMS_IDS = ['a', 'B', 'ä', '_c'];

let service: Service | null = null;

/** Most databases sort text as people do; the tests' own sorts bytes. */
beforeAll(async () => {
  const [server] = await query(
    inject('adminUrl'),
    `select current_setting('server_version_num')::int >= 150000 as can`,
  );
  if (server?.['can']) service = await Service.start(undefined, await createCollatedDatabase());
});

afterAll(() => service?.stop());

it('no index of ours depends on the order of the database, which a new version of its library may change', async (context) => {
  if (service === null) return context.skip('PostgreSQL 14 makes no such database');
  const dependent = await service.rows(
    `select i.indexrelid::regclass::text as index from pg_index i, unnest(i.indcollation) as sorted_by
     where i.indrelid in (select oid from pg_class where relnamespace = 'esms'::regnamespace and relname <> 'nestjs_esms_migrations')
       and sorted_by not in (0, '"C"'::regcollation)`,
  );
  expect(dependent).toEqual([]);
  expect(await service.rows(`select 'a' < 'B' as is_for_people`)).toEqual([{ is_for_people: true }]);
});

it('everything works there: callbacks and copies, registrations, lists, ledger, contacts and views', async (context) => {
  if (service === null) return context.skip('PostgreSQL 14 makes no such database');
  const callbacks = SMS_IDS.map((smsId) => callbackQuery(encodeURIComponent(smsId), { TotalPrice: '100' }));
  await service.callbacks(...callbacks, ...callbacks);
  for (const smsId of SMS_IDS) await service.register({ smsId, ref: `order-${smsId}` });
  await service.settled();
  const found: Message[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { body: { items: Message[]; nextCursor: string | null } } = await service.api(
      `/messages?limit=1${cursor && `&cursor=${cursor}`}`,
    );
    found.push(...page.body.items);
    cursor = page.body.nextCursor;
  }
  expect(found.map(({ smsId, ref }) => [smsId, ref]).toSorted()).toEqual(
    SMS_IDS.map((smsId) => [smsId, `order-${smsId}`]).toSorted(),
  );
  expect((await service.api<Message>(`/messages/${encodeURIComponent('ä')}`)).body.receipts).toMatchObject([
    { repeats: 1 },
  ]);
  expect(await service.rows('select sum(delta)::int as charged from esms.v1_ledger')).toEqual([{ charged: 400 }]);
  for (const view of ['v1_messages', 'v1_receipts', 'v1_ledger', 'v1_contacts']) {
    expect(await service.rows(`select * from esms.${view}`)).not.toEqual([]);
  }
});
