import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import type { GatewayFields } from '../../src/channels/channel-service.js';
import { ChannelServices } from '../../src/channels/channel-services.js';
import { ChannelsModule } from '../../src/channels/channels.module.js';
import type { Anomaly } from '../../src/domain/anomaly.js';
import { NO_FIELDS } from '../support/gateway-fields.js';

const testing = await Test.createTestingModule({ imports: [ChannelsModule] }).compile();
const services = testing.get(ChannelServices);

const DELIVERED = { sendStatus: '5', status: 5, succeeded: 1, failed: 0, receivers: 1, sent: 1 };
const CUT_ID = '312158068343230';
const WHOLE_ID = '31215806834323092';
const OTHER_ID = '5308693166941955879';

const answered = (id: string): string => `{"error":0,"message":"Success","data":{"user_id":"${id}"}}`;
const anomaliesOf = (fields: Partial<GatewayFields>): readonly Anomaly[] =>
  services.contentOf({ ...NO_FIELDS, ...DELIVERED, typeId: '2', ...fields }).anomalies;

describe('who it was', () => {
  it.each<[string, string, string | null, string | null, { kind: string; value: string } | null]>([
    ['24', 'a user id', OTHER_ID, null, { kind: 'zalo_user', value: OTHER_ID }],
    ['24', 'a cut user id', CUT_ID, null, { kind: 'zalo_user', value: CUT_ID }],
    ['24', 'a cut user id and its whole', CUT_ID, WHOLE_ID, { kind: 'zalo_user', value: WHOLE_ID }],
    ['24', 'a phone and the user behind it', '0901888484', WHOLE_ID, { kind: 'phone', value: '0901888484' }],
    ['24', 'only an answer', null, WHOLE_ID, { kind: 'zalo_user', value: WHOLE_ID }],
    ['26', 'a cut user id', CUT_ID, null, { kind: 'zalo_user', value: CUT_ID }],
    ['26', 'a cut user id and its whole', CUT_ID, WHOLE_ID, { kind: 'zalo_user', value: WHOLE_ID }],
    ['26', 'only an answer', null, WHOLE_ID, { kind: 'zalo_user', value: WHOLE_ID }],
    ['26', 'an answer that is no id', CUT_ID, 'me', { kind: 'zalo_user', value: CUT_ID }],
    ['27', 'a phone', '84901888484', null, { kind: 'phone', value: '0901888484' }],
    ['27', 'a cut user id and its whole', CUT_ID, WHOLE_ID, { kind: 'zalo_user', value: WHOLE_ID }],
    ['27', 'a phone and the user behind it', '0901888484', WHOLE_ID, { kind: 'phone', value: '0901888484' }],
    ['27', 'an answer that is no id', '0901888484', 'me', { kind: 'phone', value: '0901888484' }],
    ['99', 'a user id', OTHER_ID, null, { kind: 'zalo_user', value: OTHER_ID }],
    ['2', 'long digits', OTHER_ID, null, { kind: 'other', value: OTHER_ID }],
    ['23', 'long digits', CUT_ID, null, { kind: 'other', value: CUT_ID }],
  ])('type %s: %s', (typeId, _, recipient, userId, expected) => {
    const errorInfo = userId === null ? null : answered(userId);
    const fields = { ...NO_FIELDS, typeId, recipient, errorInfo };
    expect(services.contentOf(fields).recipient).toEqual(expected);
  });
});

describe('what a ZNS success proves', () => {
  it.each<[string | null, string]>([
    ['{"error":0,"data":{"status":1}}', 'on_device'],
    ['{"error":0,"data":{"status":"1"}}', 'on_device'],
    ['{"error":0,"data":{"status":0}}', 'accepted'],
    ['{"error":0,"data":{"status":-1}}', 'accepted'],
    ['{"error":0,"message":"Success"}', 'accepted'],
    ['0', 'accepted'],
    [null, 'accepted'],
  ])('%s: %s', (errorInfo, proof) => {
    expect(services.contentOf({ ...NO_FIELDS, ...DELIVERED, typeId: '24', errorInfo }).proof).toBe(proof);
  });
});

describe('anomalies', () => {
  it.each<[string, Partial<GatewayFields>, string[]]>([
    ['nothing odd', {}, []],
    ['no type', { typeId: null }, []],
    ['an unknown type', { typeId: '13' }, ['type_unrecognised']],
    ['no status', { sendStatus: null, status: null }, ['status_absent']],
    [
      'a status known to be odd',
      { sendStatus: null, status: null, anomalies: ['status_repeated'] },
      ['status_repeated'],
    ],
    [
      'an unreadable status',
      { sendStatus: 'five', status: null, anomalies: ['status_unparsable'] },
      ['status_unparsable'],
    ],
    ['an unknown status', { sendStatus: '6', status: 6 }, ['status_unrecognised']],
    ['9 of 2', { succeeded: 9, receivers: 2 }, ['counters_exceed_receivers']],
    ['2 of nobody said how many', { succeeded: 2, receivers: null, sent: null }, ['counters_exceed_receivers']],
    ['failed before it was sent', { succeeded: 0, failed: 1, receivers: 1, sent: 0 }, []],
    [
      'several',
      { typeId: 'x', sendStatus: '6', status: 6, anomalies: ['price_unparsable'] },
      ['price_unparsable', 'type_unrecognised', 'status_unrecognised'],
    ],
  ])('%s', (_, fields, expected) => {
    expect(anomaliesOf(fields)).toEqual(expected);
  });
});
