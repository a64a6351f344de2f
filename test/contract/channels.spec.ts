import { Test } from '@nestjs/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayFields } from '../../src/channels/channel-service.js';
import { ChannelServices } from '../../src/channels/channel-services.js';
import { ChannelsModule } from '../../src/channels/channels.module.js';
import { CHANNELS, type Channel } from '../../src/domain/channel.js';
import type { Failure } from '../../src/domain/failure.js';
import type { ReportContent } from '../../src/domain/report.js';
import type { Outcome, State } from '../../src/domain/standing.js';
import { NO_FIELDS } from '../support/gateway-fields.js';

const testing = await Test.createTestingModule({ imports: [ChannelsModule] }).compile();
const services = testing.get(ChannelServices);

const TYPE_OF: Record<Channel, string> = {
  sms_advertising: '1',
  sms_care: '2',
  sms_fixed: '8',
  viber: '23',
  zalo_zns: '24',
  zalo_oa: '26',
  zalo_journey: '27',
  unrecognised: '99',
};

const PROVES: Record<Channel, 'on_device' | 'accepted'> = {
  sms_advertising: 'on_device',
  sms_care: 'on_device',
  sms_fixed: 'on_device',
  viber: 'on_device',
  zalo_zns: 'accepted',
  zalo_oa: 'accepted',
  zalo_journey: 'accepted',
  unrecognised: 'accepted',
};

const DELIVERED = { sendStatus: '5', status: 5, succeeded: 1, failed: 0, receivers: 1, sent: 1 };
const UNDELIVERED = { ...DELIVERED, succeeded: 0, failed: 1 };

describe.each(CHANNELS)('every channel: %s', (channel) => {
  const contentOf = (fields: Partial<GatewayFields>): ReportContent =>
    services.contentOf({ ...NO_FIELDS, typeId: TYPE_OF[channel], ...fields });

  it('is read by the service that names it', () => {
    expect(services.of(channel).channels).toContain(channel);
    expect(contentOf({}).channel).toBe(channel);
  });

  it.each<[Partial<GatewayFields>, State | null, Outcome | null]>([
    [{ sendStatus: '0', status: 0 }, 'pending', null],
    [{ sendStatus: '1', status: 1 }, 'pending', null],
    [{ sendStatus: '2', status: 2 }, 'pending', null],
    [{ sendStatus: '3', status: 3 }, 'pending', null],
    [{ sendStatus: '7', status: 7, sent: 1 }, 'sent', null],
    [{ sendStatus: '4', status: 4 }, 'reported', 'rejected'],
    [{ sendStatus: '6', status: 6 }, null, null],
    [{ sendStatus: '5', status: 5 }, 'sent', null],
    [{ ...DELIVERED, succeeded: null, countersUnreadable: true }, 'sent', null],
    [{ ...DELIVERED, succeeded: 1, receivers: 2 }, 'sent', null],
    [DELIVERED, 'reported', 'delivered'],
    [UNDELIVERED, 'reported', 'undelivered'],
    [{ ...DELIVERED, succeeded: 1, failed: 1, receivers: 2 }, 'reported', 'partially_delivered'],
  ])('%j stands %s, %s', (fields, state, outcome) => {
    expect(contentOf(fields).standing).toMatchObject({ state, outcome });
  });

  it('claims a proof only with a success', () => {
    const partial = { ...DELIVERED, succeeded: 1, failed: 1, receivers: 2 };
    expect(contentOf(DELIVERED).proof).toBe(PROVES[channel]);
    expect(contentOf(partial).proof).toBe(PROVES[channel]);
    for (const fields of [UNDELIVERED, { sendStatus: '7', status: 7 }, { sendStatus: '4', status: 4 }, {}]) {
      expect(contentOf(fields).proof).toBeNull();
    }
  });

  it('knows a code of Zalo and one of eSMS', () => {
    expect(contentOf({ ...UNDELIVERED, errorInfo: '{"error":-118,"message":"No account"}' }).error).toEqual({
      code: '-118',
      message: 'No account',
      reason: 'recipient_unknown',
      failureClass: 'recipient',
    } satisfies Failure);
    expect(contentOf({ ...UNDELIVERED, errorInfo: '1001' }).error).toMatchObject({
      code: '1001',
      failureClass: 'recipient',
    });
  });

  it('keeps an unknown code and specifies nothing', () => {
    expect(contentOf({ ...UNDELIVERED, errorInfo: '{"error":-9999,"message":"new"}' }).error).toEqual({
      code: '-9999',
      message: 'new',
      reason: 'unspecified',
      failureClass: 'unspecified',
    } satisfies Failure);
  });

  it('sees no failure in error 0, in the word Success and in nothing', () => {
    const infos = ['{"error":0,"message":"Success"}', '"0"', 'Success', '', null];
    expect(infos.map((errorInfo) => contentOf({ ...UNDELIVERED, errorInfo }).error)).toEqual(infos.map(() => null));
  });

  it('keeps words without a code, but not beside a full success', () => {
    const errorInfo = 'Object reference not set';
    expect(contentOf({ ...UNDELIVERED, errorInfo }).error).toMatchObject({ code: null, message: errorInfo });
    expect(contentOf({ sendStatus: '7', status: 7, errorInfo }).error?.message).toBe(errorInfo);
    expect(contentOf({ ...DELIVERED, errorInfo }).error).toBeNull();
    expect(contentOf({ ...DELIVERED, errorInfo: '-124' }).error?.code).toBe('-124');
  });

  it('names no recipient where there is none', () => {
    expect(contentOf({ ...DELIVERED, errorInfo: '{"error":0,"data":{"message_id":"e1a6"}}' }).recipient).toBeNull();
  });

  it.each(['0901888484', '84901888484', '+84901888484'])('knows the phone %s', (recipient) => {
    expect(contentOf({ recipient }).recipient).toEqual({ kind: 'phone', value: '0901888484' });
  });

  it('keeps what is neither phone nor id', () => {
    const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
    expect(contentOf({ recipient: hash }).recipient).toEqual({ kind: 'other', value: hash });
  });

  it('hands on whatever else was said as it was', () => {
    const said = {
      sendStatus: '5',
      receivers: 12,
      sent: 11,
      price: '99999999999999.9999',
      telcoId: '9',
      requestId: '00012345678901234567890',
      oaId: '12345678901234567890',
      templateId: '0002056446',
      partnerId: 'e1a60e8890be9derir3gfbff',
      switchSmsId: '7d11c87a22934df390f73ec59d8defd6205',
    };
    expect(contentOf({ ...said, status: 5 })).toMatchObject({ ...said, typeId: TYPE_OF[channel] });
  });

  it('never throws, and reads the same fields the same', () => {
    const text = fc.option(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.stringMatching(/^\d{1,21}$/),
        fc.json(),
        fc.constantFrom('__proto__', '-114', '{"error":-114}', '%257B%2522error%2522%3A0%257D'),
      ),
    );
    const count = fc.option(fc.nat());
    const anyFields = fc.record({
      sendStatus: text,
      status: fc.option(fc.oneof(fc.nat(8), fc.integer())),
      succeeded: count,
      failed: count,
      countersUnreadable: fc.boolean(),
      receivers: count,
      sent: count,
      price: fc.constantFrom(null, '0.0000', '470.0000'),
      telcoId: text,
      recipient: text,
      requestId: text,
      errorInfo: text,
      oaId: text,
      templateId: text,
      partnerId: text,
      switchSmsId: text,
      anomalies: fc.subarray(['price_unparsable', 'status_repeated', 'oa_id_unparsable'] as const),
    });
    fc.assert(
      fc.property(anyFields, (fields) => {
        const content = contentOf(fields);
        expect(content).toEqual(contentOf(fields));
        expect(content).toMatchObject({ channel, oaId: fields.oaId, partnerId: fields.partnerId, price: fields.price });
        expect(content.anomalies).toEqual([...new Set([...fields.anomalies, ...content.anomalies])]);
      }),
      { numRuns: 300 },
    );
  });
});
