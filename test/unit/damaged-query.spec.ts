import { describe, expect, it } from 'vitest';
import { decodeCallback } from '../../src/callbacks/decode-callback.js';
import { SEED_SAMPLES } from '../support/samples.js';

/** What the gateway sends, as pairs. */
const PAIRS = [
  'SMSID=n-1',
  'SendFailed=0',
  'SendStatus=5',
  'SendSuccess=1',
  'TotalPrice=850.0000',
  'TotalReceiver=1',
  'TotalSent=1',
  'RequestId=r-1',
  'TypeId=2',
  'telcoid=1',
  'phonenumber=0901888484',
];

const WHOLE = decodeCallback(PAIRS.join('&'));

/** Every pair but the first with something before its name. */
const before = (mark: string): string => PAIRS.map((pair, index) => (index === 0 ? pair : mark + pair)).join('&');
/** Every name with something behind it. */
const behind = (mark: string): string => PAIRS.map((pair) => pair.replace('=', `${mark}=`)).join('&');

describe('a query whose names were damaged on their way is read', () => {
  it.each<[string, string]>([
    ['an ampersand escaped for HTML', PAIRS.join('&amp;')],
    ['escaped twice', PAIRS.join('&amp;amp;')],
    ['escaped by number', PAIRS.join('&#38;')],
    ['escaped by hexadecimal number', PAIRS.join('&#x26;')],
    ['escaped and then encoded', PAIRS.join('&amp%3B')],
    ['escaped without its end', PAIRS.join('&amp')],
    ['escaped for JSON', PAIRS.join('\\u0026')],
    ['escaped for JSON beside itself', PAIRS.join('&\\u0026')],
    ['encoded', PAIRS.join('%26')],
    ['encoded beside itself', PAIRS.join('&%26')],
    ['encoded with everything', encodeURIComponent(PAIRS.join('&'))],
    ['encoded twice with everything', encodeURIComponent(encodeURIComponent(PAIRS.join('&')))],
    ['doubled', PAIRS.join('&&')],
    ['a semicolon for it', PAIRS.join(';')],
    ['an encoded semicolon for it', PAIRS.join('%3B')],
    ['a comma for it', PAIRS.join(',')],
    ['a question mark for it', PAIRS.join('?')],
    ['a line break for it', PAIRS.join('%0A')],
    ['a blank for it', PAIRS.join('+')],
    ['a plus before', before('+')],
    ['a blank before', before('%20')],
    ['a tab before', before('%09')],
    ['a line break before', before('%0D%0A')],
    ['a byte order mark before', before('%EF%BB%BF')],
    ['a space without width before', before('%E2%80%8B')],
    ['a space that does not break before', before('%C2%A0')],
    ['the same, for HTML', before('nbsp;')],
    ['a question mark before', before('?')],
    ['an encoded one before', before('%3F')],
    ['one encoded twice before', before('%253F')],
    ['a bracket before', before('[')],
    ['a quote before', before('%22')],
    ['a dot before', before('.')],
    ['a number before', before('1.')],
    ['NUL before', before('%00')],
    ['what is no UTF-8 before', before('%ff')],
    ['brackets around', PAIRS.map((pair) => `[${pair.replace('=', ']=')}`).join('&')],
    ['brackets behind', behind('[]')],
    ['a blank behind', behind('+')],
    ['a byte order mark behind', behind('%EF%BB%BF')],
    ['a colon behind', behind(':')],
    ['a second equals sign behind', behind('=')],
    ['a blank in them', PAIRS.join('&').replace('SendStatus', 'Send%20Status')],
    ['dashes in them', PAIRS.join('&').replace('SendStatus', 'send-status').replace('SMSID', 'sms_id')],
    ['a question mark at the start', `?${PAIRS.join('&')}`],
    ['ampersands at the start', `&&${PAIRS.join('&')}`],
    ['a query of its own at the start', `x=1?${PAIRS.join('&')}`],
    ['two queries of its own', `x=1&y=2?${PAIRS.join('&')}`],
    ['a query of its own without a value', `x?${PAIRS.join('&')}`],
    ['a fragment at the end', `${PAIRS.join('&')}#top`],
  ])('%s', (_what, query) => {
    const { smsId, unkeepable, fields } = decodeCallback(query);
    expect({ smsId, unkeepable, fields }).toEqual({ smsId: 'n-1', unkeepable: null, fields: WHOLE.fields });
  });

  it('and its copies are known by the same digest', () => {
    const query = PAIRS.join('&amp;');
    expect(decodeCallback(query).digest).toBe(decodeCallback(query.split('&').toReversed().join('&')).digest);
  });
});

describe('a query that names no field any more where one always is', () => {
  it.each<[string, string]>([
    ['letters before', before('x')],
    ['letters behind', behind('x')],
    ['letters before the status alone', PAIRS.join('&').replace('SendStatus', 'theSendStatus')],
    ['no equals signs', PAIRS.join('&').replaceAll('=', ':').replace('SMSID:', 'SMSID=')],
    [
      'encoded twice in one value',
      `SMSID=${encodeURIComponent(encodeURIComponent(PAIRS.join('&').slice('SMSID='.length)))}`,
    ],
  ])('%s: is quarantined', (_what, query) => {
    const { smsId, unkeepable } = decodeCallback(query);
    expect(smsId).toBeNull();
    expect(unkeepable).toMatch(/^(?:parameters_damaged|sms_id_absent|sms_id_too_long)$/);
  });

  it('a field that comes twice, once damaged, with different values is repeated', () => {
    expect(decodeCallback(`${PAIRS.join('&')}&amp;SendStatus=4`).fields.anomalies).toEqual(['status_repeated']);
    expect(decodeCallback(`${PAIRS.join('&')}&amp;SMSID=n-2`).unkeepable).toBe('sms_id_repeated');
    expect(decodeCallback(`${PAIRS.join('&')}&amp;SMSID=n-1`)).toMatchObject({ smsId: 'n-1', fields: WHOLE.fields });
  });
});

describe('a parameter that the gateway may have added', () => {
  it('does no harm beside the fields', () => {
    const query = `${PAIRS.join('&')}&parentSMSID=n-0&MessageTypeId=9&SendStatusText=sent&colour=a%3Db&note=x;y`;
    expect(decodeCallback(query)).toMatchObject({ smsId: 'n-1', unkeepable: null, fields: WHOLE.fields });
  });

  it('is told where a field that need not be there is not', () => {
    const query = PAIRS.join('&').replace('phonenumber', 'userPhoneNumber');
    expect(decodeCallback(query)).toMatchObject({
      smsId: 'n-1',
      fields: { recipient: null, status: 5, anomalies: ['parameter_unrecognised'] },
    });
  });
});

describe('a query with nothing damaged', () => {
  it.each(SEED_SAMPLES)('is read as it is: $name', ({ query }) => {
    expect(decodeCallback(query)).toMatchObject({ unkeepable: null, fields: { anomalies: [] } });
  });

  it('keeps marks in its values', () => {
    const smsId = 'a/b?c#d&e=f%g+h"i';
    expect(decodeCallback(`SMSID=${encodeURIComponent(smsId)}&SendStatus=5`)).toMatchObject({ smsId });
    const text = 'see https://zalo.me/?a=1;b=2#top, 100%=all';
    expect(decodeCallback(`SMSID=n&error_info=${encodeURIComponent(text)}`).fields.errorInfo).toBe(text);
    expect(decodeCallback('SMSID=n&error_info=no #12').fields.errorInfo).toBe('no #12');
  });
});
