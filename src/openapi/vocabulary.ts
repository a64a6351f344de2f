import { ANOMALIES } from '../domain/anomaly.js';
import type { QuarantineReason } from '../callbacks/quarantined-callback.js';
import type { Channel } from '../domain/channel.js';
import { type FailureClass, REASONS } from '../domain/failure.js';
import type { Decision } from '../domain/message-change.js';
import type { Recipient } from '../domain/recipient.js';
import type { Proof } from '../domain/report.js';
import type { Outcome, State } from '../domain/standing.js';

/** A closed set of texts, as the schema of a property or a parameter. */
interface Word {
  type: 'string';
  enum: string[];
  description: string;
}

/** Every value has its meaning: the compiler names the one that is missing, and the one that is too many. */
function word<Value extends string>(about: string, meanings: Readonly<Record<Value, string>>): Word {
  const lines = Object.entries<string>(meanings).map(([value, meaning]) => `- \`${value}\`: ${meaning}`);
  return { type: 'string', enum: Object.keys(meanings), description: [about, '', ...lines].join('\n') };
}

/** The same, or null. */
export function orNull(known: Word): Omit<Word, 'enum'> & { enum: (string | null)[]; nullable: true } {
  return { ...known, nullable: true, enum: [...known.enum, null] };
}

export const STATE = word<State>('Where the message stands; it never goes backwards.', {
  pending: 'nothing is known yet, or the gateway has not sent it',
  sent: 'the gateway has sent it, or finished sending, and the report of delivery is awaited',
  reported: 'the outcome is known',
});

export const OUTCOME = word<Outcome>('What became of the message.', {
  delivered: 'every recipient that was counted got it',
  undelivered: 'nobody got it',
  partially_delivered: 'some got it',
  rejected: 'the gateway refused it',
  unknown: 'no report came for so long that the message was closed; a late report reopens it',
});

export const CHANNEL = word<Channel>('The way the message took.', {
  sms_advertising: 'SMS, advertising (TypeId 1)',
  sms_care: 'SMS, customer care (TypeId 2)',
  sms_fixed: 'SMS from a fixed number, or a voice OTP (TypeId 8)',
  viber: 'Viber (TypeId 23)',
  zalo_zns: 'Zalo ZNS template, by phone or by user id (TypeId 24, 25)',
  zalo_oa: 'message of a Zalo Official Account: consulting, transaction, user information (TypeId 26)',
  zalo_journey: 'Zalo journey (TypeId 27)',
  unrecognised: 'a TypeId that is not known here; its state is decided all the same',
});

export const FAILURE_CLASS = word<FailureClass>(
  'What the failure is about; only `recipient` says something of the person.',
  {
    recipient: 'this person cannot be reached on this channel',
    template: 'the template or the content was refused',
    balance: 'money or quota has run out',
    credentials: 'keys, sender or settings are wrong',
    time_window: 'not at this hour',
    transient: 'trouble at the gateway; it may work later',
    unspecified: 'the code is not known, or there was none',
  },
);

export const REASON = {
  type: 'string',
  enum: [...REASONS],
  description: 'Why it failed: a closed set. The code of the gateway stands beside it.',
} satisfies Word;

export const ANOMALY = {
  type: 'string',
  enum: [...ANOMALIES],
  description:
    'A named oddity; it never refuses anything. `…_unparsable`: the field was there and could not be read, so it ' +
    'counts as absent. `…_repeated`: it came more than once with different values.',
} satisfies Word;

export const DECISION = word<Decision>('What the receipt did to the message, fixed when it was processed.', {
  applied: 'it changed the status or the price',
  corrected: 'it changed something that was final',
  superseded: 'it was lower than what was known',
  kept: 'it decided nothing',
});

export const PROOF = word<Proof>(
  'What a success proves; null where nothing was delivered, or nothing is known of it.',
  {
    on_device: 'that the message is on the phone',
    accepted: 'only that the channel took it',
  },
);

export const RECIPIENT_KIND = word<Recipient['kind']>('What the recipient is.', {
  phone: 'a Vietnamese phone number in its local form',
  zalo_user: 'a Zalo user id',
  other: 'something else, as it came',
});

export const QUARANTINE_REASON = word<QuarantineReason>('Why it could not be kept under one message.', {
  sms_id_absent: 'no SMSID, or an empty one',
  sms_id_repeated: 'SMSID came more than once with different values',
  sms_id_too_long: 'SMSID has more than 128 characters',
  sms_id_malformed: 'SMSID has control characters, or is not UTF-8',
  parameters_damaged: 'a field that is always sent is absent, while the rest of its name is there',
  unstorable: 'the database refuses it for good',
});
