import { describe, expect, it } from 'vitest';
import { forLog, urlBeginning, withoutPersons, withoutSecrets } from '../../src/domain/hidden-text.js';

describe('a text without persons', () => {
  it.each([
    '0912345678',
    '+84912345678',
    '0084912345678',
    '84.912.345.678',
    '0912 345 678',
    '0912-345-678',
    '0912‑345–678',
    '+84 (0)912 345 678',
    '0912\u00a0345\u00a0678',
    '0912\u200b345\u200b678',
    '091·234·5678',
    '%2B84912345678',
    '0912%20345%20678',
    '０９１２３４５６７８',
    '912345678',
    '02838221234',
    '31215806834323092',
    'phone0912345678',
    'ref=otp-0912345678-x',
    '{"phone":"0912345678"}',
    '2026-11-25 0912345678',
    '10.0.0.5 0912345678',
    '0912-34-56789',
    '1912-12-12345',
  ])('has no number: %s', (text) => {
    const hidden = withoutPersons(`no such person ${text}!`);
    expect(hidden.normalize('NFKC').replaceAll(/2026-11-25|10\.0\.0\.5|%2\w|\D/g, '')).toMatch(/^\d{0,8}$/);
    expect(hidden).toContain('*');
    expect(hidden).toMatch(/^no such person /);
  });

  it.each([
    'connect ECONNREFUSED 192.168.100.200:5432',
    'at 2026-11-25T08:00:00.123456Z',
    'due 2026-11-25 08:00:00',
    'at Ledger.add (file:///app/dist/ledger.js:123:4567)',
    'order 12345678',
    'expected 200, got 500',
    'event ef3da8ca-4b9c-8aee-b757-6197790a5892',
  ])('keeps what names nobody: %s', (text) => {
    expect(withoutPersons(text)).toBe(text);
  });

  it('has no e-mail address', () => {
    expect(withoutPersons('no mailbox nguyen.van+a@example.vn here')).toBe('no mailbox ***@example.vn here');
  });

  it('is made in time that grows with the text', () => {
    const texts = [
      '1 '.repeat(50_000),
      '1.'.repeat(50_000),
      'a@'.repeat(50_000),
      'token=:'.repeat(20_000),
      '%20'.repeat(30_000),
    ];
    for (const text of texts) expect(forLog(text).length).toBeGreaterThan(0);
  });
});

describe('a text without secrets', () => {
  it.each([
    ['POST https://crm.example.vn/hooks/T0/B1/sEcReT?sig=sEcReT failed', 'POST https://crm.example.vn/hooks… failed'],
    ['amqp://user:sEcReT@rabbit:5672/vhost', 'amqp://rabbit:5672/vhost…'],
    ['postgres://app:sEcReT@db/app refused', 'postgres://db/app… refused'],
    ['Authorization: Bearer sEcReT-sEcReT', 'Authorization: ***'],
    ['authorization=Basic c0VjUmVU', 'authorization=***'],
    ['{"headers":{"x-api-key":"sEcReT"}}', '{"headers":{"x-api-key":"***"}}'],
    ['{\\"ApiKey\\":\\"sEcReT\\"}', '{\\"ApiKey\\":\\"***\\"}'],
    ['password=sEcReT&x=1', 'password=***&x=1'],
    ['SecretKey: sEcReT', 'SecretKey: ***'],
    ['with Bearer sEcReTsEcReT in it', 'with *** in it'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c0VjUmVU', 'jwt ***'],
    ['whsec_c0VjUmVUc0VjUmVU', '***'],
  ])('%s', (text, hidden) => {
    expect(withoutSecrets(text)).toBe(hidden);
  });

  it.each([
    'Unexpected token < in JSON at position 0',
    'at run (file:///app/node_modules/x/index.js:1:2)',
    'https://crm.example.vn/hooks',
    'it answered 500',
  ])('keeps: %s', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });
});

it.each([
  ['https://hooks.example.vn/services/T0/B1/x?token=y#z', 'https://hooks.example.vn/services'],
  ['https://hooks.example.vn/services?token=y', 'https://hooks.example.vn/services'],
  ['https://hooks.example.vn:8443/', 'https://hooks.example.vn:8443'],
  ['https://hooks.example.vn?token=y', 'https://hooks.example.vn'],
  ['https://u:p@hooks.example.vn/a/b', 'https://hooks.example.vn/a'],
  ['https://hooks.example.vn//secret/x', 'https://hooks.example.vn'],
])('the beginning of %s is %s', (url, beginning) => {
  expect(urlBeginning(url)).toBe(beginning);
});
