import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service } from '../support/service.js';

interface Page {
  items: { subject?: string; smsId?: string }[];
  nextCursor: string;
}

let service: Service;

beforeAll(async () => {
  service = await Service.start();
  await service.callbacks(...['one', 'two', 'three'].map((smsId) => callbackQuery(smsId, { TotalPrice: '470.0000' })));
  await service.settled();
});

afterAll(() => service.stop());

const ask = (path: string) => service.api<Page & { detail?: string }>(path, { key: KEYS.read });

async function cursorOf(path: string): Promise<string> {
  const { body, text } = await ask(path);
  expect(body.nextCursor, text).toBeTypeOf('string');
  return body.nextCursor;
}

/** Takes everything of a message away, as a restore to the time before it does. */
async function forget(smsId: string): Promise<void> {
  await service.rows('delete from esms.changes where subject = $1', [smsId]);
  await service.rows('delete from esms.ledger where sms_id = $1', [smsId]);
}

describe('after a restore to an earlier time', () => {
  it('a cursor of the feed ahead of the log is told so, and so is one whose place another event has', async () => {
    const ahead = await cursorOf('/events?after=now');
    const [kept] = await service.rows(
      `select max(position)::text as position from esms.changes where subject <> 'three'`,
    );
    await forget('three');
    const gone = await ask(`/events?after=${ahead}&wait=1`);
    expect([gone.status, gone.body.detail]).toEqual([410, expect.stringContaining('begin anew')]);

    // As soon as callbacks come again, others have the positions that were taken back.
    const begun = await cursorOf('/events?after=now');
    await service.rows(`update esms.changes set recorded_at = recorded_at + interval '1 second' where position = $1`, [
      kept?.position,
    ]);
    expect((await ask(`/events?after=${begun}`)).status).toBe(410);
    const fresh = await cursorOf('/events?after=now');
    await service.callbacks(callbackQuery('four'));
    const next = await ask(`/events?after=${fresh}&wait=15`);
    expect(next.body.items.map(({ subject }) => subject)).toContain('four');
  });

  it('a cursor of the ledger whose entry is gone is told so, and no other', async () => {
    const first = await cursorOf('/billing/ledger?limit=1');
    const second = await cursorOf(`/billing/ledger?limit=1&cursor=${first}`);
    await forget('two');
    expect((await ask(`/billing/ledger?cursor=${first}`)).status).toBe(200);
    const gone = await ask(`/billing/ledger?cursor=${second}`);
    expect([gone.status, gone.body.detail]).toEqual([410, expect.stringContaining('begin anew')]);
  });
});
