import { callbackQuery, counted } from '../support/callback-query.js';
import type { Random } from './random.js';

/** What must be true of a message when everything has been said of it. */
export interface Expected {
  state: 'sent' | 'reported';
  outcome: string | null;
  price: string;
  /** Whether its recipient's history must have it. */
  attributed: boolean;
}

/** One message: what the gateway will call about it, and what that must come to. */
export interface Life {
  smsId: string;
  /** Groups one after the other; the calls of a group at once, so in any order. */
  groups: string[][];
  /** null: the callbacks name no message and must be quarantined. */
  expected: Expected | null;
}

type Kind = (smsId: string, random: Random) => Omit<Life, 'smsId'>;

const sent = (smsId: string, price: string): string =>
  callbackQuery(smsId, { ...counted(0, 0, 1), SendStatus: '7', TotalPrice: price });

const reported = (outcome: string, price: string, attributed = true): Expected => ({
  state: 'reported',
  outcome,
  price,
  attributed,
});

const KINDS: readonly Kind[] = [
  (smsId) => ({ groups: [[callbackQuery(smsId)]], expected: reported('delivered', '850.0000') }),
  (smsId) => ({
    groups: [[sent(smsId, '100')], [callbackQuery(smsId)]],
    expected: reported('delivered', '850.0000'),
  }),
  // Any order: the higher state stands whichever comes first.
  (smsId, random) => ({
    groups: [
      random.shuffled([
        callbackQuery(smsId, { ...counted(0, 0, 1), SendStatus: '0', TotalPrice: null }),
        sent(smsId, '100'),
        callbackQuery(smsId),
      ]),
    ],
    expected: reported('delivered', '850.0000'),
  }),
  (smsId) => ({
    groups: [[sent(smsId, '330.5'), callbackQuery(smsId, { ...counted(0, 1, 1), TotalPrice: '0.0000' })]],
    expected: reported('undelivered', '0.0000'),
  }),
  // An advertising batch: finished and charged before its reports are in.
  (smsId) => ({
    groups: [
      [callbackQuery(smsId, { ...counted(0, 0, 169), TotalPrice: '696987' })],
      [callbackQuery(smsId, { ...counted(160, 9, 169), TotalPrice: '660000.25' })],
    ],
    expected: reported('partially_delivered', '660000.2500', false),
  }),
  (smsId) => ({
    groups: [[callbackQuery(smsId, { ...counted(0, 1, 1), SendStatus: '4', TotalPrice: '0' })]],
    expected: reported('rejected', '0.0000'),
  }),
  // A correction: the gateway changes its mind, the later word stands.
  (smsId) => ({
    groups: [[callbackQuery(smsId)], [callbackQuery(smsId, { ...counted(0, 1, 1), TotalPrice: '0.5' })]],
    expected: reported('undelivered', '0.5000'),
  }),
  (smsId) => ({
    groups: [[sent(smsId, '70')]],
    expected: { state: 'sent', outcome: null, price: '70.0000', attributed: false },
  }),
  // The gateway says the same thing several times, at once.
  (smsId) => ({
    groups: [[callbackQuery(smsId), callbackQuery(smsId), callbackQuery(smsId), callbackQuery(smsId)]],
    expected: reported('delivered', '850.0000'),
  }),
  (smsId) => ({ groups: [[callbackQuery('', { note: smsId })]], expected: null }),
];

/** The lives of messages with so many calls in all. */
export function planLives(random: Random, calls: number, name: string): Life[] {
  const lives: Life[] = [];
  for (let planned = 0; planned < calls; ) {
    const smsId = `${name}-${lives.length}`;
    const life = { smsId, ...random.pick(KINDS)(smsId, random) };
    planned += life.groups.flat().length;
    lives.push(life);
  }
  return lives;
}
