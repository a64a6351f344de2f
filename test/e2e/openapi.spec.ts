import 'reflect-metadata';
import { getMetadataStorage } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountDto, ListDto } from '../../src/access/list.dto.js';
import { LedgerDto, SummaryDto } from '../../src/billing/ledger.dto.js';
import { CallbackDto } from '../../src/callbacks/callback.dto.js';
import { ReplayDto } from '../../src/callbacks/replay.dto.js';
import { FindMessagesDto } from '../../src/messages/find-messages.dto.js';
import { FeedDto } from '../../src/events/feed/feed.dto.js';
import { ReplayEventsDto } from '../../src/events/replay-events.dto.js';
import { ChangeWebhookDto, NewWebhookDto, ReplayWebhookDto } from '../../src/events/webhooks/webhooks.dto.js';
import { RegistrationDto } from '../../src/messages/registration.dto.js';
import { SEED_SAMPLES, UID_SAMPLE } from '../support/samples.js';
import { isComplete, type Schema, schemaFaults } from '../support/schema-faults.js';
import { type Answer, KEYS, Service } from '../support/service.js';

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  security?: object[];
  tags: string[];
  parameters: { name: string; in: string; description?: string; schema: Schema & { maximum?: number } }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: object };
  security: object[];
}

const ZNS = 'f66545d2-c7e2-4603-984e-d2238c363c8292';
const CONTRADICTED = '7d11c87a22934df390f73ec59d8defd6205';
const OPEN = ['receiveCallback', 'isLive', 'isReady'];

let service: Service;
let document: Document;
let operations: Operation[];

beforeAll(async () => {
  service = await Service.start();
  document = (await service.api<Document>('/docs-json', { key: null })).body;
  operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  await service.callbacks(...[...SEED_SAMPLES, UID_SAMPLE].map(({ query }) => query));
  await service.callback('SendStatus=5');
  await service.register({ smsId: ZNS, ref: 'order-1', requestId: 'r-1', metadata: { any: [{ thing: null }] } });
  await service.settled();
});

afterAll(() => service.stop());

const operationOf = (id: string): Operation =>
  operations.find(({ operationId }) => operationId === id) ?? expect.unreachable(`no operation ${id}`);

/** What the document says that an operation answers with a status. */
const schemaOf = (id: string, status: number, type = 'application/json'): Schema =>
  operationOf(id).responses[status]?.content?.[type]?.schema ?? expect.unreachable(`${id} has no ${status} ${type}`);

/** An answer that came, held against the document. */
function expectDescribed({ status, headers, body, text }: Answer<unknown>, id: string): void {
  const type = headers['content-type']?.split(';')[0] ?? '';
  const schema = schemaOf(id, status, type);
  expect(schemaFaults(document.components.schemas, schema, type === 'text/plain' ? text : body)).toEqual([]);
}

const validatedNames = (dto: new () => object): string[] => [
  ...new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(dto, '', false, false)
      .map(({ propertyName }) => propertyName),
  ),
];

describe('the document', () => {
  it('has every route of ours, and no other', () => {
    const mapped = service.log.flatMap((line) => {
      const [, path, method] = /Mapped \{(\/\S+), ([A-Z]+)\} route/.exec(line) ?? [];
      return path === undefined ? [] : [`${method?.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`];
    });
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(mapped).toHaveLength(32);
    expect(described.toSorted()).toEqual(mapped.toSorted());
  });

  it('says of each what it is for and what a success looks like', () => {
    for (const { operationId, summary, description, tags, responses } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]{5,20}$/);
      expect([summary, description], operationId).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
      expect(tags, operationId).toHaveLength(1);
      const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      expect(successes, operationId).not.toEqual([]);
      for (const [, { content }] of successes) {
        expect(Object.values(content ?? {}).map(({ schema }) => schema)).toEqual([expect.any(Object)]);
      }
      for (const { description: meaning } of Object.values(responses)) expect(meaning).not.toBe('');
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('asks for a key wherever the service does', async () => {
    expect(document.security).toEqual([{ key: [] }, { bearer: [] }]);
    expect(Object.keys(document.components.securitySchemes)).toEqual(['key', 'bearer']);
    for (const { operationId, security, responses } of operations) {
      expect(security, operationId).toEqual(OPEN.includes(operationId) ? [] : undefined);
      expect('401' in responses && '403' in responses, operationId).toBe(!OPEN.includes(operationId));
    }
    for (const path of ['/messages', `/messages/${ZNS}`, '/billing/ledger', '/billing/summary', '/crm/contacts/1']) {
      expect((await service.api(path, { key: null })).status, path).toBe(401);
    }
  });

  it('names the parameters and the fields that are taken, and no other', () => {
    const namesOf = (id: string) =>
      operationOf(id).parameters.flatMap(({ name, in: place }) => (place === 'query' ? [name] : []));
    const taken = { findMessages: FindMessagesDto, getMessage: AccountDto, registerMessages: AccountDto };
    const others = { getLedger: LedgerDto, getSummary: SummaryDto, getContact: AccountDto };
    const quarantine = { listQuarantine: ListDto, replayQuarantined: AccountDto, receiveCallback: CallbackDto };
    const subscriptions = { listParked: ListDto, readEvents: FeedDto, listWebhookAttempts: ListDto };
    const webhooks = { createWebhook: AccountDto, listWebhooks: AccountDto, changeWebhook: AccountDto };
    for (const [id, dto] of Object.entries({ ...taken, ...others, ...quarantine, ...subscriptions, ...webhooks })) {
      expect(namesOf(id).toSorted(), id).toEqual(validatedNames(dto).toSorted());
    }
    const { Registration, Replay, ReplayEvents, NewWebhook, ChangeWebhook, ReplayWebhook } =
      document.components.schemas;
    expect(Object.keys(Registration?.properties ?? {})).toEqual(validatedNames(RegistrationDto));
    expect(Object.keys(Replay?.properties ?? {})).toEqual(validatedNames(ReplayDto));
    expect(Object.keys(ReplayEvents?.properties ?? {})).toEqual(validatedNames(ReplayEventsDto));
    expect(Object.keys(NewWebhook?.properties ?? {}).toSorted()).toEqual(validatedNames(NewWebhookDto).toSorted());
    expect(Object.keys(ChangeWebhook?.properties ?? {}).toSorted()).toEqual(
      validatedNames(ChangeWebhookDto).toSorted(),
    );
    expect(Object.keys(ReplayWebhook?.properties ?? {})).toEqual(validatedNames(ReplayWebhookDto));
  });

  it('says what a page may hold', async () => {
    const limit = operationOf('findMessages').parameters.find(({ name }) => name === 'limit');
    expect(limit?.schema).toMatchObject({ minimum: 1, maximum: 500, default: 50 });
    expect((await service.api('/messages?limit=500')).status).toBe(200);
    expect((await service.api('/messages?limit=501')).status).toBe(400);
    expect((await service.api('/messages?limit=0')).status).toBe(400);
  });

  it("shows the gateway's own sample", () => {
    const { description, parameters } = operationOf('receiveCallback');
    expect(description).toContain(`?${SEED_SAMPLES[2]?.query}\n`);
    expect(parameters.find(({ name }) => name === 'oaid')?.schema).toMatchObject({ example: '1397492183140006179' });
  });
});

describe('real answers are as described', () => {
  it('a message: every property of the one is in the other', async () => {
    const { Message, MessageWithReceipts, Receipt } = document.components.schemas;
    for (const schema of [Message, MessageWithReceipts, Receipt]) expect(schema && isComplete(schema)).toBe(true);
    for (const smsId of [ZNS, CONTRADICTED]) {
      const answer = await service.api<object>(`/messages/${smsId}`);
      expect(Object.keys(answer.body).toSorted()).toEqual(
        Object.keys(MessageWithReceipts?.properties ?? {}).toSorted(),
      );
      expectDescribed(answer, 'getMessage');
    }
  });

  it.each([
    ['findMessages', '/messages?limit=3'],
    ['getLedger', '/billing/ledger?limit=3'],
    ['getSummary', '/billing/summary?groupBy=telco'],
    ['getSummary', '/billing/summary?groupBy=day'],
    ['getContact', '/crm/contacts/0901888484'],
    ['getContact', '/crm/contacts/31215806834323092'],
    ['listQuarantine', '/quarantine'],
    ['listSubscriptions', '/subscriptions'],
    ['listParked', '/subscriptions/billing/parked'],
    ['readEvents', '/events?limit=500'],
    ['readEvents', '/events?types=receipt.quarantined'],
    ['isLive', '/health/live'],
    ['isReady', '/health/ready'],
  ])('%s: %s', async (id, path) => {
    const answer = await service.api(path);
    expect(answer.status).toBe(200);
    expectDescribed(answer, id);
  });

  it('registrations, one and several', async () => {
    for (const body of [{ ref: 'order-2' }, { ref: 'order-2', requestId: 'r-2' }, [{ ref: 'order-3' }, { ref: 7 }]]) {
      expectDescribed(await service.register(body), 'registerMessages');
    }
    const { RegistrationAnswers } = document.components.schemas;
    const { body } = await service.register<object>([{ ref: 'order-4' }, { ref: 'order-4', requestId: 'r-4' }, {}]);
    expect(schemaFaults(document.components.schemas, RegistrationAnswers ?? {}, body)).toEqual([]);
  });

  it('callbacks and the quarantine', async () => {
    expectDescribed(await service.callback(SEED_SAMPLES[0]?.query ?? ''), 'receiveCallback');
    expectDescribed(await service.callback('SMSID='), 'receiveCallback');
    expectDescribed(await service.callback('SMSID=1', { token: 'a-token-nobody-has' }), 'receiveCallback');
    const { body } = await service.api<{ items: { id: string }[] }>('/quarantine?limit=1');
    const path = `/quarantine/${body.items[0]?.id}/replay`;
    for (const smsId of [undefined, 'replayed-1', 'replayed-2', '']) {
      expectDescribed(await service.api(path, { method: 'POST', body: { smsId } }), 'replayQuarantined');
    }
  });

  it('what is done to a subscriber', async () => {
    const post = (path: string, body?: unknown) =>
      service.api(`/subscriptions/${path}`, { method: 'POST', body, key: KEYS.shared });
    expectDescribed(await service.api('/subscriptions/crm/pause', { method: 'POST' }), 'pauseSubscription');
    expectDescribed(await post('crm/pause'), 'pauseSubscription');
    expectDescribed(await post('crm/resume'), 'resumeSubscription');
    expectDescribed(await post('crm/replay', { from: '2026-01-01' }), 'replaySubscription');
    expectDescribed(await post('crm/replay', { from: 'yesterday' }), 'replaySubscription');
    expectDescribed(await post('crm/narrow'), 'narrowSubscription');
    expectDescribed(await post('none/narrow'), 'narrowSubscription');
    expectDescribed(
      await service.api('/subscriptions/crm', { method: 'DELETE', key: KEYS.shared }),
      'retireSubscription',
    );
    expectDescribed(
      await service.api('/subscriptions/none', { method: 'DELETE', key: KEYS.shared }),
      'retireSubscription',
    );
    await service.settled();
    await service.rows(
      `insert into esms.deliveries (account, subject, subscriber, sequence, position, parked_at, last_error)
       select account, subject, 'crm', sequence, position, now(), 'Error: no' from esms.events
       where type = 'message.delivered'`,
    );
    const { body } = await service.api<{ items: { eventId: string }[] }>('/subscriptions/crm/parked?limit=2');
    expect(body.items).toHaveLength(2);
    expectDescribed(await service.api('/subscriptions/crm/parked'), 'listParked');
    const [first, second] = body.items;
    expectDescribed(await post(`crm/parked/${first?.eventId}/requeue`), 'requeueParked');
    expectDescribed(await post(`crm/parked/${second?.eventId}/skip`), 'skipParked');
    expectDescribed(await post('crm/parked/none/skip'), 'skipParked');
    expectDescribed(await post('crm/parked/requeue'), 'requeueAllParked');
    expectDescribed(await post('billing/parked/skip'), 'skipAllParked');
    await service.settled();
  });

  it('webhooks', async () => {
    const post = (path: string, body?: unknown) => service.api(`/webhooks${path}`, { method: 'POST', body });
    const added = await service.api<{ id: string }>('/webhooks', {
      method: 'POST',
      body: { url: 'https://receiver.invalid' },
    });
    expectDescribed(added, 'createWebhook');
    expectDescribed(await post('', { url: 'https://127.0.0.1' }), 'createWebhook');
    const one = `/${added.body.id}`;
    expectDescribed(await service.api('/webhooks'), 'listWebhooks');
    expectDescribed(await service.api(`/webhooks${one}`), 'getWebhook');
    expectDescribed(await service.api('/webhooks/none'), 'getWebhook');
    const change = { enabled: false, events: ['message.*'] };
    expectDescribed(await service.api(`/webhooks${one}`, { method: 'PATCH', body: change }), 'changeWebhook');
    expectDescribed(await post(`${one}/ping`), 'pingWebhook');
    expectDescribed(await service.api(`/webhooks${one}/attempts`), 'listWebhookAttempts');
    expectDescribed(await post(`${one}/rotate-secret`), 'rotateWebhookSecret');
    expectDescribed(await post(`${one}/replay`, { subject: ZNS }), 'replayWebhook');
    expectDescribed(await post(`${one}/replay`, { subject: 'none' }), 'replayWebhook');
    expectDescribed(await service.api(`/webhooks${one}`, { method: 'DELETE' }), 'deleteWebhook');
  });

  it('refusals', async () => {
    expectDescribed(await service.api('/messages', { key: null }), 'findMessages');
    expectDescribed(await service.api('/messages?state=lost'), 'findMessages');
    expectDescribed(await service.api('/messages/none'), 'getMessage');
    expectDescribed(await service.api('/crm/contacts/none'), 'getContact');
    expectDescribed(await service.api('/billing/summary?groupBy=year'), 'getSummary');
    expectDescribed(await service.register({ ref: 'order-1', smsId: 'another' }), 'registerMessages');
    expectDescribed(await service.register({}), 'registerMessages');
    expectDescribed(await service.register({ ref: 'order-9' }, KEYS.read), 'registerMessages');
    expectDescribed(
      await service.api('/messages?account=acme', { method: 'POST', body: { ref: 'order-9' } }),
      'registerMessages',
    );
  });
});
