import type { Random } from '../chaos/random.js';

const NAMES = [
  'SMSID',
  'SendStatus',
  'SendSuccess',
  'SendFailed',
  'TotalReceiver',
  'TotalSent',
  'TotalPrice',
  'Totalprice',
  'TypeId',
  'RequestId',
  'telcoid',
  'phonenumber',
  'switchsmsid',
  'partnerids',
  'error_info',
  'error_infor',
  'oaid',
  'tempid',
];
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'SMSID[]',
  'a[b][c]',
  '',
  '%00',
  'smsid%ff',
  'hasOwnProperty',
];
const NUMBERS = ['0', '1', '2', '3', '4', '5', '6', '7', '99', '-1', '+5', '1e9', '0x10', 'NaN', 'Infinity', '007'];
const MORE_NUMBERS = [
  '9'.repeat(10),
  '9'.repeat(25),
  '%D9%A3',
  '%EF%BC%91',
  '470.0000',
  '0.00005',
  '1.5',
  '99999999999999.9999',
];
const TEXTS = ['', '%20', '0901888484', '84901888484', '5308693166941955879', '312158068343230', '25', '26', 'abc'];
const ODD_TEXTS = [
  '%00',
  '%',
  '%ZZ',
  '%C3%28',
  '%ED%A0%80',
  '%F0%9F%98%80',
  '+',
  '%27;drop%20table--',
  '%0d%0a',
  '%E2%80%A8',
];
const ERRORS = [
  '%22{%5C%22error%5C%22%3A-114}%22',
  '%257B%2522error%2522%3A0%257D____24%2F04%2F2024%252016%3A58%3A01',
  '{%22error%22:-118,%22message%22:%22%5Cud800%22}',
  '{%22__proto__%22:{%22error%22:-1}}',
  '1001',
  '%5B'.repeat(2_000),
  '{%22a%22:'.repeat(500),
  '%2525252541'.repeat(50),
];

/** Request lines up to 32 KB are taken. */
const LONGEST = 32_000;

/**
 * A query string that no gateway would send, but that any HTTP parser lets through. On one of `messages` many of them
 * meet, so that they disagree.
 */
export function hostileQuery(random: Random, messages: number): string {
  const pairs = [`SMSID=${smsId(random, messages)}`];
  const length = random.next() < 0.002 ? 900 : Math.floor(random.next() * 18);
  let size = LONGEST;
  for (let index = 0; index < length; index += 1) {
    const pair = `${nameOf(random)}=${valueOf(random)}`;
    size -= pair.length + 1;
    if (size > 9_100) pairs.push(pair);
  }
  if (random.next() < 0.02) pairs.shift();
  if (random.next() < 0.3) pairs.reverse();
  return pairs.join(random.next() < 0.01 ? '&&' : '&');
}

function smsId(random: Random, messages: number): string {
  const kind = random.next();
  if (kind < 0.9) return `shared-${random.whole(1, messages)}`;
  if (kind < 0.97) return `own-${Math.floor(random.next() * 1e9)}`;
  return random.next() < 0.5 ? random.pick(ODD_TEXTS) : 'x'.repeat(Math.floor(random.next() * 9_000));
}

function nameOf(random: Random): string {
  if (random.next() < 0.05) return random.pick(ODD_NAMES);
  const name = random.pick(NAMES);
  return random.next() < 0.9 ? name : random.next() < 0.5 ? name.toUpperCase() : name.toLowerCase();
}

function valueOf(random: Random): string {
  const kind = random.next();
  if (kind < 0.5) return random.pick(NUMBERS);
  if (kind < 0.65) return random.pick(MORE_NUMBERS);
  if (kind < 0.8) return random.pick(TEXTS);
  return random.pick(kind < 0.9 ? ODD_TEXTS : ERRORS);
}
