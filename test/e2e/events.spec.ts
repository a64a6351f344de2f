import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service, TOKENS } from '../support/service.js';

interface Page {
  items: { id: string; type: string; subject: string; account: string; sequence: string; data: { message: object } }[];
  nextCursor: string;
}

let service: Service;

beforeAll(async () => {
  service = await Service.start();
  await service.callbacks(
    callbackQuery('feed-1', { SendStatus: '7', phonenumber: '0901888484' }),
    callbackQuery('feed-1', { TotalPrice: '470.0000', phonenumber: '0901888484' }),
    callbackQuery('feed-2'),
  );
  await service.callback(callbackQuery('feed-acme'), { token: TOKENS.acme });
});

afterAll(() => service.stop());

async function read(query: string, key: string = KEYS.read): Promise<Page> {
  const answer = await service.api<Page>(`/events?${query}`, { key });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

const typesOf = ({ items }: Page) => items.map(({ type }) => type.slice('vn.nestjs-esms.'.length));

describe('GET /events', () => {
  it("gives the events of the key's account, in order, page by page", async () => {
    const ids: string[] = [];
    for (let after = ''; ; ) {
      const { items, nextCursor } = await read(`limit=2${after && `&after=${after}`}`);
      ids.push(...items.map(({ id }) => id));
      if (items.length === 0) break;
      after = nextCursor;
    }
    const stored = (await service.events()).filter(({ account }) => account === 'default');
    expect(ids).toEqual(stored.map(({ id }) => id));
    expect((await read('', KEYS.acme)).items.map(({ subject }) => subject)).toContain('feed-acme');
    expect((await read('account=acme')).items).toEqual([]);
  });

  it('gives what is asked for', async () => {
    const page = await read('subject=feed-1&types=message.sent,message.delivered');
    expect(typesOf(page)).toEqual(['message.sent.v1', 'message.delivered.v1']);
    expect(typesOf(await read('types=message.cost_changed&subject=feed-1'))).toEqual([
      'message.cost_changed.v1',
      'message.cost_changed.v1',
    ]);
    expect(page.items[1]).toMatchObject({
      specversion: '1.0',
      source: '/nestjs-esms/accounts/default',
      subject: 'feed-1',
      account: 'default',
      data: { message: { smsId: 'feed-1', outcome: 'delivered' } },
    });
  });

  it('tells nobody who a message went to', async () => {
    for (const key of [KEYS.read, KEYS.all]) {
      const { text } = await service.api('/events', { key });
      expect(text).not.toMatch(/recipient|0901888484/);
    }
  });

  it('waits for the next event', async () => {
    const { nextCursor } = await read('after=now');
    const waiting = read(`after=${nextCursor}&wait=15`);
    await service.callbacks(callbackQuery('feed-later'));
    expect((await waiting).items.map(({ subject }) => subject)).toContain('feed-later');
  });

  it('refuses what it does not know', async () => {
    for (const query of [
      'after=42',
      'types=message.lost',
      'types=',
      'wait=31',
      'cursor=x',
      'limit=501',
      'subject=%00',
    ]) {
      expect((await service.api(`/events?${query}`)).status, query).toBe(400);
    }
    expect((await service.api('/events', { key: null })).status).toBe(401);
  });

  it('lets the service stop while somebody waits', async () => {
    const other = await Service.start();
    const waiting = other.api<Page>('/events?after=now&wait=30');
    const { body } = await other.api<Page>('/events?after=now');
    await other.stop();
    expect((await waiting).body).toEqual({ items: [], nextCursor: body.nextCursor });
  });
});
