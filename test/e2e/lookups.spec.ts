import { afterEach, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { type Answer, KEYS, type Message, Service } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const LIMIT = 30;
const NUMBER = '0912345678';

let database: TestDatabase | null = null;
const services: Service[] = [];

/** One more process on the database of the test. */
async function start(): Promise<Service> {
  database ??= await createTestDatabase();
  const service = await Service.start(undefined, { ...database, drop: () => Promise.resolve() });
  services.push(service);
  return service;
}

afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  await database?.drop();
  database = null;
});

const candidate = (index: number): string => `09${String(index).padStart(8, '0')}`;

async function inTurn<Result>(count: number, ask: (index: number) => Promise<Result>): Promise<Result[]> {
  const answers: Result[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await ask(index));
  return answers;
}

const statuses = (answers: readonly { status: number }[]): number[] => answers.map(({ status }) => status);
const all = (status: number, count = LIMIT): number[] => Array.from({ length: count }, () => status);

function expectRefused({ status, headers, body, text }: Answer<Record<string, unknown>>): void {
  expect(status, text).toBe(429);
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(headers['retry-after']).toMatch(/^[1-5]?\d$|^60$/);
  expect(body).toMatchObject({ status: 429, title: 'Too Many Requests' });
  expect(body['detail']).toMatch(/without the scope pii may look up 30 persons a minute/);
}

describe('a key without pii', () => {
  it('may look up a few dozen persons a minute, by whichever route', async () => {
    const service = await start();
    await service.callbacks(callbackQuery('lookup-1', { phonenumber: NUMBER }));
    await service.settled();
    const ask = (path: string) => service.api(path, { key: KEYS.read });
    const answers = await inTurn(LIMIT, (index) =>
      ask(index % 2 === 0 ? `/messages?phone=${candidate(index)}` : `/crm/contacts/${candidate(index)}`),
    );
    expect(new Set(statuses(answers))).toEqual(new Set([200, 404]));
    for (const path of [
      `/messages?phone=${NUMBER}`,
      `/messages?phone=%2B84912345678&state=reported&limit=1`,
      `/messages?ref=a&phone=${NUMBER}`,
      `/crm/contacts/${NUMBER}`,
      '/crm/contacts/31215806834323092',
    ]) {
      expectRefused(await ask(path));
    }
    for (const path of ['/messages', '/messages/lookup-1', '/messages?ref=a', '/billing/ledger', '/events']) {
      expect((await ask(path)).status).toBe(200);
    }
  });

  it('holds up no other key, nor one with pii', async () => {
    const service = await start();
    await inTurn(LIMIT + 5, () => service.api(`/messages?phone=${NUMBER}`, { key: KEYS.read }));
    for (const key of [KEYS.bare, KEYS.all, KEYS.pii]) {
      expect((await service.api(`/messages?phone=${NUMBER}`, { key })).status).toBe(200);
    }
    const withPii = await inTurn(LIMIT + 5, () => service.api(`/crm/contacts/${NUMBER}`, { key: KEYS.pii }));
    expect(statuses(withPii)).toEqual(all(404, LIMIT + 5));
  });

  it('has one minute in all processes together, also where it asks them all at once', async () => {
    const [first, second] = [await start(), await start()];
    const answers = await Promise.all(
      Array.from({ length: 3 * LIMIT }, (_, index) =>
        (index % 2 === 0 ? first : second).api(`/messages?phone=${candidate(index)}`, { key: KEYS.read }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2 * LIMIT);
    const lines = [...first.log, ...second.log].filter((line) => line.includes('look-ups by person'));
    expect(lines).toEqual([expect.stringMatching(/^key [\da-f]{12} of account default has had its 30 look-ups/)]);
    expect(JSON.stringify(await first.rows('select * from esms.person_lookups'))).not.toContain(KEYS.read);
  });

  it('gets a new minute after the one before, and one log line for as long as it asks too much', async () => {
    const first = await start();
    await inTurn(LIMIT + 1, () => first.api(`/messages?phone=${NUMBER}`, { key: KEYS.read }));
    await first.rows(`update esms.person_lookups set began_at = began_at - interval '61 seconds'`);
    const second = await start();
    const again = await inTurn(LIMIT, () => second.api(`/messages?phone=${NUMBER}`, { key: KEYS.read }));
    expect(statuses(again)).toEqual(all(200));
    expectRefused(await second.api(`/messages?phone=${NUMBER}`, { key: KEYS.read }));
    const lines = [...first.log, ...second.log].filter((line) => line.includes('look-ups by person'));
    expect(lines).toHaveLength(1);
  });
});

describe('registering, for a key without pii,', () => {
  const register = (service: Service, body: object, key: string = KEYS.bare) =>
    service.register<Record<string, unknown>>(body, key);

  it('tells so often whether a number is the one that is known, and no further', async () => {
    const service = await start();
    await register(service, { ref: 'known', recipient: NUMBER });
    const wrong = await inTurn(LIMIT, (index) => register(service, { ref: 'known', recipient: candidate(index) }));
    expect(statuses(wrong)).toEqual(all(409));
    expectRefused(await register(service, { ref: 'known', recipient: candidate(99) }));
    expectRefused(await register(service, { ref: 'known', recipient: NUMBER }));
    // Nothing else shows which it was.
    expectRefused(await register(service, { ref: 'known', recipient: NUMBER, metadata: { probe: 1 } }));
    expectRefused(await register(service, { ref: 'known', recipient: NUMBER, smsId: 'probe-1' }));
    const { body } = await service.api<{ items: Message[] }>('/messages?ref=known', { key: KEYS.bare });
    expect(body.items).toMatchObject([{ ref: 'known', metadata: null, smsId: null }]);
    expectRefused(await service.api(`/messages?phone=${NUMBER}`, { key: KEYS.bare }));
    // What compares nothing goes on.
    expect((await register(service, { ref: 'new', recipient: NUMBER })).status).toBe(201);
    expect((await register(service, { ref: 'known' })).status).toBe(200);
    expect((await register(service, { ref: 'known', recipient: NUMBER }, KEYS.all)).status).toBe(200);
    const lines = service.log.filter((line) => line.includes('look-ups by person'));
    expect(lines).toHaveLength(1);
  });

  it('tells no more of many candidates in one request', async () => {
    const service = await start();
    await register(service, { ref: 'known', recipient: NUMBER });
    const bodies = Array.from({ length: 100 }, (_, index) => ({ ref: 'known', recipient: candidate(index) }));
    bodies[60] = { ref: 'known', recipient: NUMBER };
    const { body } = await service.register<{ items: { status: number }[] }>(bodies, KEYS.bare);
    expect(statuses(body.items)).toEqual([...all(409), ...all(429, 70)]);
    const other = await start();
    expectRefused(await other.api(`/messages?phone=${NUMBER}`, { key: KEYS.bare }));
  });

  it('costs nothing where it says the same again', async () => {
    const service = await start();
    const bodies = Array.from({ length: 100 }, (_, index) => ({ ref: `same-${index}`, recipient: candidate(index) }));
    for (const status of [201, 200, 200]) {
      const { body } = await service.register<{ items: { status: number }[] }>(bodies, KEYS.bare);
      expect(statuses(body.items)).toEqual(all(status, 100));
    }
    expect((await service.api(`/messages?phone=${NUMBER}`, { key: KEYS.bare })).status).toBe(200);
  });
});
