import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCutOf, normalisePhone, recipientOf, sameRecipient } from '../../src/domain/recipient.js';

describe('normalisePhone', () => {
  it.each([
    ['0901888484', '0901888484'],
    ['84901888484', '0901888484'],
    ['+84901888484', '0901888484'],
    ['+84 901 888 484', '0901888484'],
    ['090.188.8484', '0901888484'],
    ['090-188-8484', '0901888484'],
    [' 0901888484 ', '0901888484'],
    ['0397840416', '0397840416'],
    ['0565818062', '0565818062'],
    ['0765418062', '0765418062'],
    ['0821234567', '0821234567'],
    ['02838221234', '02838221234'],
    ['842838221234', '02838221234'],
    ['+84 28 3822 1234', '02838221234'],
    ['02871002454', '02871002454'],
  ])('%j is %s', (text, phone) => {
    expect(normalisePhone(text)).toBe(phone);
  });

  it.each([
    '',
    '0',
    '84',
    '901888484',
    '090188848',
    '090188848444',
    '0001888484',
    '0112345678',
    '840901888484',
    '++84901888484',
    '0084901888484',
    '+14155552671',
    '0901888484x',
    '٠٩٠١٨٨٨٤٨٤',
    '312158068343230',
    'a'.repeat(64),
  ])('%j is no Vietnamese phone', (text) => {
    expect(normalisePhone(text)).toBeNull();
  });

  it('is the same for every form of a number, and for its own result', () => {
    const national = fc.tuple(fc.constantFrom('2', '3', '5', '7', '8', '9'), fc.stringMatching(/^\d{8,9}$/));
    fc.assert(
      fc.property(national, ([first, rest]) => {
        const local = `0${first}${rest}`;
        const forms = [local, `84${first}${rest}`, `+84${first}${rest}`, local.split('').join(' ')];
        expect(forms.map(normalisePhone)).toEqual([local, local, local, local]);
      }),
    );
  });
});

describe('recipientOf', () => {
  it.each([
    ['+84901888484', 'phone', '0901888484'],
    ['02838221234', 'phone', '02838221234'],
    ['312158068343230', 'zalo_user', '312158068343230'],
    ['31215806834323092', 'zalo_user', '31215806834323092'],
    ['5308693166941955879', 'zalo_user', '5308693166941955879'],
    ['84901888484123456', 'zalo_user', '84901888484123456'],
    ['12345678901234567890', 'zalo_user', '12345678901234567890'],
    ['12345678901234', 'other', '12345678901234'],
    ['123456789012345678901', 'other', '123456789012345678901'],
    ['+14155552671', 'other', '+14155552671'],
    ['9f86d081884c7d659a2feaa0c55ad015', 'other', '9f86d081884c7d659a2feaa0c55ad015'],
  ])('%s is a %s', (text, kind, value) => {
    expect(recipientOf(text)).toEqual({ kind, value });
  });

  it('never throws and keeps what it does not know', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { kind, value } = recipientOf(text);
        expect(kind === 'phone' ? value : text).toBe(value);
      }),
    );
  });
});

describe('a Zalo id that the gateway cut', () => {
  const cut = recipientOf('312158068343230');
  const whole = recipientOf('31215806834323092');

  it('begins the whole one', () => {
    expect(isCutOf(cut, whole)).toBe(true);
    expect(isCutOf(whole, cut)).toBe(false);
    expect(isCutOf(cut, cut)).toBe(false);
    expect(isCutOf(recipientOf('312158068343239'), whole)).toBe(false);
  });

  it('is another recipient than the whole one', () => {
    expect(sameRecipient(cut, whole)).toBe(false);
    expect(sameRecipient(cut, recipientOf('312158068343230'))).toBe(true);
    expect(sameRecipient({ kind: 'other', value: cut.value }, cut)).toBe(false);
    expect(sameRecipient(null, null)).toBe(true);
    expect(sameRecipient(cut, null)).toBe(false);
  });
});
