import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HOST, TOKEN } from '../contenders/callback-route.js';

/** One callback, as it goes over the wire. */
export interface CallbackRequest {
  smsId: string;
  text: string;
}

const SAMPLES = [
  { file: 'test/samples/c9-zns-by-user-id.txt', recipientStart: '5308693166' },
  { file: 'test/samples/c4-viber.txt', recipientStart: '090' },
];

/** The gateway's fields that the Viber sample lacks: sent empty, as it sends `RequestId`. */
const FIELDS_EVERY_CALLBACK_HAS = ['error_info', 'oaid', 'tempid', 'partnerids'];

interface Template {
  head: string;
  middle: string;
  tail: string;
  recipientStart: string;
  recipientDigits: number;
}

/** Makes callbacks of the gateway's own samples by turns, 15 fields each, no SMSID twice, recipients spread. */
export class Callbacks {
  readonly #templates: readonly Template[];
  readonly #run = randomBytes(8).toString('hex');
  #count = 0;

  constructor(port: number) {
    this.#templates = SAMPLES.map(({ file, recipientStart }) => templateOf(file, recipientStart, port));
  }

  next(): CallbackRequest {
    const count = this.#count++;
    const scattered = scatter(count);
    const smsId = hex(scattered) + hex(count) + this.#run;
    const template = this.#templates[count % this.#templates.length] as Template;
    const recipient = template.recipientStart + String(scattered).padStart(10, '0').slice(-template.recipientDigits);
    return { smsId, text: template.head + smsId + template.middle + recipient + template.tail };
  }
}

function templateOf(file: string, recipientStart: string, port: number): Template {
  const query = readFileSync(file, 'utf8').split('\n')[1] ?? '';
  const added = FIELDS_EVERY_CALLBACK_HAS.filter((name) => !query.includes(`&${name}=`)).map((name) => `&${name}=`);
  const [, before, smsId, between, recipient, after] =
    /^(SMSID=)([^&]+)(.*&phonenumber=)(\d+)(.*)$/.exec(query + added.join('')) ?? [];
  if (before === undefined || smsId === undefined || recipient === undefined) {
    throw new TypeError(`${file}: not the sample that is expected`);
  }
  const lines = ` HTTP/1.1\r\nHost: ${HOST}:${port}\r\nAccept: */*\r\nUser-Agent: esms-bench\r\n\r\n`;
  return {
    head: `GET /callbacks/esms/${TOKEN}?${before}`,
    middle: between ?? '',
    tail: `${after ?? ''}${lines}`,
    recipientStart,
    recipientDigits: recipient.length - recipientStart.length,
  };
}

/** A permutation of the 32-bit numbers without order, as SMSIDs have none: indexes are met in random places. */
function scatter(count: number): number {
  let mixed = Math.imul(count ^ (count >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const hex = (number: number): string => number.toString(16).padStart(8, '0');
