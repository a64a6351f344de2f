import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identifierOf } from '../../src/domain/identifier.js';
import { isCutOf, recipientOf, sameRecipient } from '../../src/domain/recipient.js';

describe('a phone', () => {
  it.each([
    ['0901888484', '0901888484'],
    ['84901888484', '0901888484'],
    ['+84901888484', '0901888484'],
    ['0084901888484', '0901888484'],
    ['00 84 901 888 484', '0901888484'],
    ['+84 901 888 484', '0901888484'],
    ['+84 (0)901 888 484', '0901888484'],
    ['+84 (0) 901 888 484', '0901888484'],
    ['(+84) 901 888 484', '0901888484'],
    ['(84)(0)901888484', '0901888484'],
    ['+84 0901 888 484', '0901888484'],
    ['840901888484', '0901888484'],
    ['84-901-888-484', '0901888484'],
    ['(090) 188-8484', '0901888484'],
    ['090.188.8484', '0901888484'],
    ['090·188·8484', '0901888484'],
    ['090-188-8484', '0901888484'],
    ['090‑188‑8484', '0901888484'],
    ['090–188–8484', '0901888484'],
    [' 0901888484 ', '0901888484'],
    ['0901\u00a0888\u202f484', '0901888484'],
    ['\u200b0901888484\u200b', '0901888484'],
    ['\ufeff0901888484', '0901888484'],
    ['\u202a+84 901 888 484\u202c', '0901888484'],
    ['\u200e0901888484\u200f', '0901888484'],
    ['0901\u2060888\u00ad484', '0901888484'],
    ['０９０１８８８４８４', '0901888484'],
    ['＋８４（０）９０１８８８４８４', '0901888484'],
    ['tel:+84-901-888-484', '0901888484'],
    ['TEL: 0901888484', '0901888484'],
    ['SĐT: 0901 888 484', '0901888484'],
    ["'0901888484", '0901888484'],
    ['’0901888484', '0901888484'],
    ['="0901888484"', '0901888484'],
    ['"+84 901 888 484"', '0901888484'],
    ['0901888484\t\r\n', '0901888484'],
    ['901888484', '0901888484'],
    ['841234567', '0841234567'],
    ['0397840416', '0397840416'],
    ['0565818062', '0565818062'],
    ['0765418062', '0765418062'],
    ['0821234567', '0821234567'],
    ['02838221234', '02838221234'],
    ['842838221234', '02838221234'],
    ['+84 28 3822 1234', '02838221234'],
    ['0084 (0)28 3822 1234', '02838221234'],
    ['(024) 3822 1234', '02438221234'],
    ['02871002454', '02871002454'],
  ])('%j is %s', (text, phone) => {
    expect(recipientOf(text)).toEqual({ kind: 'phone', value: phone });
  });

  it.each([
    '',
    '0',
    '84',
    '2838221234',
    '090188848',
    '090188848444',
    '0001888484',
    '0112345678',
    '01629876543',
    '++84901888484',
    '+0901888484',
    '+901888484',
    '00901888484',
    '+14155552671',
    '0901888484x',
    '٠٩٠١٨٨٨٤٨٤',
    '0901888484, 0901888485',
    '0901888484/0901888485',
    '0901888484 0901888485',
    '312158068343230',
    '09******84',
    'SĐT:',
    'a'.repeat(64),
  ])('%j is none', (text) => {
    expect(recipientOf(text).kind).not.toBe('phone');
  });

  it('is the same for every form of a number, and for its own result', () => {
    const national = fc.tuple(fc.constantFrom('2', '3', '5', '7', '8', '9'), fc.stringMatching(/^\d{8,9}$/));
    const pieces = fc.array(fc.constantFrom('', ' ', '.', '-', '\u00a0', '\u200b', '\u00ad', '\u2066', '\t'));
    const prefixes = fc.constantFrom('0', '84', '+84', '0084', '+84(0)', '+84 (0) ', '840', 'tel:+84', "'0", '\ufeff0');
    fc.assert(
      fc.property(national, prefixes, pieces, ([first, rest], prefix, between) => {
        const spread = `${first}${rest}`
          .split('')
          .map((digit, index) => `${between[index % between.length] ?? ''}${digit}`);
        expect(recipientOf(prefix + spread.join(''))).toEqual({ kind: 'phone', value: `0${first}${rest}` });
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
    ['530869316694\u200b1955879', 'zalo_user', '5308693166941955879'],
    ["'5308693166941955879", 'zalo_user', '5308693166941955879'],
    ['５３０８６９３１６６９４１９５５８７９', 'zalo_user', '5308693166941955879'],
    ['000000000000000', 'zalo_user', '000000000000000'],
    ['5.30869E+18', 'other', '5.30869E+18'],
    ['+14155552671', 'other', '+14155552671'],
    ['001 (415) 555-2671', 'other', '+14155552671'],
    ['\u202a+1 415-555-2671\u202c', 'other', '+14155552671'],
    ['+44 (0)20 7946 0958', 'other', '+442079460958'],
    ['8079', 'other', '8079'],
    ['1900 1234', 'other', '19001234'],
    ['+123456789012345678', 'other', '+123456789012345678'],
    ['09******84', 'other', '09******84'],
    [' no\u00a0body ', 'other', 'no body'],
    ['9f86d081884c7d659a2feaa0c55ad015', 'other', '9f86d081884c7d659a2feaa0c55ad015'],
  ])('%s is a %s', (text, kind, value) => {
    expect(recipientOf(text)).toEqual({ kind, value });
  });

  it('never throws, keeps what it does not know, and takes its own result for the same', () => {
    const noise = fc.string({
      unit: fc.constantFrom('0', '1', '8', '4', '9', '+', '(', ')', ' ', '.', '\u200b', 'x', ':'),
    });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), noise), (text) => {
        const recipient = recipientOf(text);
        expect(recipientOf(recipient.value)).toEqual(recipient);
        if (/\p{L}/u.test(recipient.value)) expect(recipient.value).toBe(identifierOf(text));
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
