import { describe, expect, it } from 'vitest';
import { readErrorInfo } from '../../src/channels/zalo/error-info.js';
import { parseQuery } from '../../src/callbacks/parse-query.js';
import { CHANNELS } from '../../src/domain/channel.js';
import { type CallbackContent, type ErrorEncoding, esmsCallback } from '../../src/testing.js';
import { SEED_SAMPLES, UID_SAMPLE } from '../support/samples.js';

/** What each sample says, in our words. */
const CONTENT: Record<string, CallbackContent> = {
  'c1-customer-care': {
    smsId: 'dc712784-9c5f-4c69-b9a8-ea69d56adc9a87',
    channel: 'sms_care',
    outcome: 'undelivered',
    receivers: 2,
  },
  'c2-advertising': {
    smsId: '82b0bb8aed914a0aab8deba567c9b8c2',
    channel: 'sms_advertising',
    outcome: 'sent',
    receivers: 169,
    price: '696987.0000',
  },
  'c3-zns-failed': { smsId: 'f66545d2-c7e2-4603-984e-d2238c363c8292', channel: 'zalo_zns', outcome: 'undelivered' },
  'c4-viber': { smsId: '849fe08c19294b02857cf91687021a50250', channel: 'viber' },
  'c5-oa-consulting': {
    smsId: '7d11c87a22934df390f73ec59d8defd6205',
    channel: 'zalo_oa',
    partnerId: 'e1a60e8890be9de4c4ab',
    errorTime: '24/04/2024 16:58:01',
  },
  'c6-oa-transaction': { smsId: '53dbbc6e816f4159a9035a14a787e08f172', channel: 'zalo_oa' },
  'c7-oa-user-information': { smsId: '53dbbc6e816f4159a9035a14a787e08f172', channel: 'zalo_oa' },
  'c8-journey': {
    smsId: '7d11c87a22934df390f73ec59d8defd6205',
    channel: 'zalo_journey',
    partnerId: 'e1a60e8890be9de4c4ab',
    errorTime: '24/04/2024 16:58:01',
    wire: { partnerids: 'e1a60e8890be9derir3gfbff' },
  },
  'c9-zns-by-user-id': {
    smsId: '5450d5579bfa466a9f2a5911c82f4037',
    channel: 'zalo_zns',
    recipient: '5308693166941955879',
    oaId: '3639635426588416370',
    templateId: '523194',
  },
};

it.each([...SEED_SAMPLES, UID_SAMPLE])('$name comes out byte for byte', ({ name, query }) => {
  expect(esmsCallback(CONTENT[name])).toBe(query);
});

describe('error_info', () => {
  const error = { code: -1400, message: 'Tài khoản "không" có {tiền} & 100% it\'s' };
  const encodings: ErrorEncoding[] = ['json', 'json_string', 'escaped_twice'];

  it.each(encodings)('in %s says the same', (encoding) => {
    const query = esmsCallback({ channel: 'zalo_zns', outcome: 'undelivered', error, encoding });
    const written = parseQuery(query).find(({ name }) => name === 'error_info')?.value ?? '';
    expect(readErrorInfo(written)).toMatchObject({ code: '-1400', message: error.message });
  });
});

it('no two callbacks are of one message unless they are told to be', () => {
  expect(esmsCallback()).not.toBe(esmsCallback());
  expect(esmsCallback({ smsId: 'same' })).toBe(esmsCallback({ smsId: 'same' }));
});

it('every channel we recognise can be made', () => {
  for (const channel of CHANNELS) {
    if (channel !== 'unrecognised')
      expect(esmsCallback({ channel })).toMatch(/^SMSID=\w{32}&SendFailed=0&SendStatus=5/);
  }
});
