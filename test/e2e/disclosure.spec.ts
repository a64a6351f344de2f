import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service } from '../support/service.js';

const SECRET_URL = 'https://hooks.example.vn/services/T0/sEcReT?sig=sEcReT';
const PERSONS = /0912\D*345\D*678|84912345678|nguyen\.van/;
const SECRETS = /sEcReT/;

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

interface Parked {
  items: { error: string }[];
}

describe('what a handler threw', () => {
  const error =
    'Error: no contact +84 (0)912 345 678, 84912345678, nguyen.van@example.vn\n' +
    `POST ${SECRET_URL}: 401, Authorization: Bearer sEcReT-sEcReT\n    at note (file:///app/notes.js:12:34)`;

  beforeAll(async () => {
    await service.callbacks(callbackQuery('parked-1'));
    await service.settled();
    await service.rows(
      `insert into esms.deliveries (account, subject, subscriber, sequence, position, parked_at, last_error)
       select account, subject, 'crm', sequence, position, now(), $1 from esms.events where type = 'message.delivered'`,
      [error],
    );
  });

  const shownTo = async (key: string): Promise<string> => {
    const { body, text } = await service.api<Parked>('/subscriptions/crm/parked', { key });
    expect(body.items, text).toHaveLength(1);
    return body.items[0]?.error ?? '';
  };

  it.each(['read', 'bare'] as const)('is shown to the key %s without persons and secrets', async (name) => {
    const shown = await shownTo(KEYS[name]);
    expect(shown).not.toMatch(PERSONS);
    expect(shown).not.toMatch(SECRETS);
    expect(shown).toContain('Error: no contact');
    expect(shown).toContain('at note (file:///app/notes.js:12:34)');
  });

  it('is shown with persons to pii, and with secrets to operate alone', async () => {
    const toPii = await shownTo(KEYS.pii);
    expect(toPii).toMatch(PERSONS);
    expect(toPii).not.toMatch(SECRETS);
    expect(await shownTo(KEYS.all)).toBe(error);
  });
});

describe('the URL of a webhook', () => {
  it.each([
    [SECRET_URL, 'https://hooks.example.vn/services'],
    ['https://hooks.example.vn:8443/a/b', 'https://hooks.example.vn:8443/a'],
    ['https://hooks.example.vn/?token=sEcReT', 'https://hooks.example.vn'],
    ['https://hooks.example.vn/a#sEcReT', 'https://hooks.example.vn/a'],
  ])('%s is shown to those without operate as %s', async (url, beginning) => {
    const added = await service.api<{ id: string; url: string }>('/webhooks', { method: 'POST', body: { url } });
    expect(added.body.url).toBe(url);
    const path = `/webhooks/${added.body.id}`;
    for (const key of [KEYS.read, KEYS.bare, KEYS.pii]) {
      expect((await service.api<{ url: string }>(path, { key })).body.url).toBe(beginning);
      const list = await service.api<{ items: { id: string; url: string }[] }>('/webhooks', { key });
      expect(list.body.items.find(({ id }) => id === added.body.id)?.url).toBe(beginning);
      expect(list.text).not.toMatch(SECRETS);
    }
    expect((await service.api<{ url: string }>(path)).body.url).toBe(url);
    await service.api(path, { method: 'DELETE' });
  });

  it('is told by no attempt, and its answer is shown without persons', async () => {
    const added = await service.api<{ id: string }>('/webhooks', { method: 'POST', body: { url: SECRET_URL } });
    const { id } = added.body;
    await service.rows(
      `insert into esms.webhook_attempts (account, webhook, event_id, type, attempt, duration_ms, status, response)
       values ('default', $1, gen_random_uuid(), 'webhook.ping', 1, 1, 500, $2)`,
      [id, 'who is 0912 345 678? token=sEcReT'],
    );
    for (const [key, persons, secrets] of [
      [KEYS.read, false, false],
      [KEYS.pii, true, false],
      [KEYS.all, true, true],
    ] as const) {
      const { text } = await service.api(`/webhooks/${id}/attempts`, { key });
      expect(text).toContain('who is');
      expect(PERSONS.test(text)).toBe(persons);
      expect(SECRETS.test(text)).toBe(secrets);
    }
  });
});

it('the text of an error of the gateway names no person, however the number is written', async () => {
  const info = encodeURIComponent('{"error":-114,"message":"no user 0912 345 678 or nguyen.van@example.vn"}');
  await service.callbacks(`${callbackQuery('disclosed-1', { SendSuccess: '0', SendFailed: '1' })}&error_info=${info}`);
  for (const key of [KEYS.read, KEYS.pii, KEYS.all]) {
    const { text } = await service.api('/messages/disclosed-1', { key });
    expect(text).toContain('no user');
    expect(text).not.toMatch(PERSONS);
  }
});
