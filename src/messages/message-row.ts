import type { Anomaly } from '../domain/anomaly.js';
import type { Channel } from '../domain/channel.js';
import type { EvidenceKey } from '../domain/evidence.js';
import type { Failure } from '../domain/failure.js';
import {
  emptyMessage,
  type Fact,
  type Facts,
  type MessageState,
  positionOf,
  silentSince,
  timesOf,
} from '../domain/message-state.js';
import type { Recipient } from '../domain/recipient.js';
import type { Proof } from '../domain/report.js';
import type { Outcome } from '../domain/standing.js';

/** Which report gave which parts of a message: the key of each report with the names of what it gave. */
type Origins = Record<EvidenceKey, string[]>;

/** The columns of `messages`; times as Instants, numbers beyond 32 bits as text when read. */
export interface MessageRow {
  account: string;
  sms_id: string;
  version: number | string;
  sequence: number | string;
  succeeded: number | string | null;
  failed: number | string | null;
  outcome: Outcome | null;
  error_code: string | null;
  error_message: string | null;
  error_reason: Failure['reason'] | null;
  error_class: Failure['failureClass'] | null;
  channel: Channel | null;
  type_id: string | null;
  price: string | null;
  receivers: number | string | null;
  sent: number | string | null;
  telco_id: string | null;
  recipient_kind: Recipient['kind'] | null;
  recipient: string | null;
  request_id: string | null;
  oa_id: string | null;
  template_id: string | null;
  partner_id: string | null;
  switch_sms_id: string | null;
  proof: Proof | null;
  origins: Origins;
  contradicted: boolean;
  polled_final: boolean;
  anomalies: Anomaly[];
  reports: number;
  first_report_at: string | null;
  last_report_at: string | null;
  first_sent_at: string | null;
  first_final_at: string | null;
  furthest_level: string | null;
  furthest_since: string | null;
  closed_at: string | null;
  registered_at: string | null;
  registration_changed_at: string | null;
  scheduled_for: string | null;
}

/** The plain facts that have a column of their own, with its name. */
const PLAIN_FACTS = {
  telcoId: 'telco_id',
  requestId: 'request_id',
  oaId: 'oa_id',
  templateId: 'template_id',
  partnerId: 'partner_id',
  switchSmsId: 'switch_sms_id',
  price: 'price',
  proof: 'proof',
} as const satisfies Partial<Record<keyof Facts, keyof MessageRow>>;

const COUNTED_FACTS = ['receivers', 'sent'] as const satisfies readonly (keyof Facts)[];

/** A message as its row; what people filter by is worked out here, once. */
export function rowOf(message: MessageState, version: number, sequence: number): object {
  const { facts, standing, error } = message;
  const position = positionOf(message);
  const times = timesOf(message);
  return {
    account: message.account,
    sms_id: message.smsId,
    version,
    sequence,
    state: position.state,
    outcome: position.outcome,
    succeeded: standing?.value.succeeded,
    failed: standing?.value.failed,
    error_code: error?.value.code,
    error_message: error?.value.message,
    error_reason: error?.value.reason,
    error_class: error?.value.failureClass,
    channel: facts.channel?.value.channel,
    type_id: facts.channel?.value.typeId,
    receivers: facts.receivers?.value,
    sent: facts.sent?.value,
    recipient_kind: facts.recipient?.value.kind,
    recipient: facts.recipient?.value.value,
    ...Object.fromEntries(
      Object.entries(PLAIN_FACTS).map(([name, column]) => [column, facts[name as keyof typeof PLAIN_FACTS]?.value]),
    ),
    origins: originsOf(message),
    contradicted: message.contradicted,
    polled_final: message.polledFinal,
    anomalies: message.anomalies,
    reports: message.reports,
    first_report_at: message.firstReportAt,
    last_report_at: message.lastReportAt,
    first_sent_at: message.firstSentAt,
    first_final_at: message.firstFinalAt,
    furthest_level: message.furthest?.level,
    furthest_since: message.furthest?.since,
    closed_at: message.closedAt,
    registered_at: message.registeredAt,
    registration_changed_at: message.registrationChangedAt,
    scheduled_for: message.scheduledFor,
    silent_since: silentSince(message),
    created_at: times.createdAt,
    sent_at: times.sentAt,
    reported_at: times.reportedAt,
    updated_at: times.updatedAt,
  };
}

/** The message that a row keeps. */
export function messageOf(row: MessageRow): MessageState {
  const keys = new Map(
    Object.entries(row.origins).flatMap(([key, names]) => names.map((name) => [name, key] as const)),
  );
  const fact = <Value>(name: string, value: Value): Fact<Value> | undefined => {
    const key = keys.get(name);
    return key === undefined ? undefined : { value, key };
  };
  const counters = { succeeded: Number(row.succeeded ?? 0), failed: Number(row.failed ?? 0) };
  return {
    ...emptyMessage(row.account, row.sms_id),
    standing: fact('standing', { outcome: outcomeOfReports(row), ...counters }) ?? null,
    error: fact('error', failureOf(row)) ?? null,
    facts: factsOf(row, fact),
    contradicted: row.contradicted,
    polledFinal: row.polled_final,
    anomalies: row.anomalies,
    reports: row.reports,
    firstReportAt: row.first_report_at,
    lastReportAt: row.last_report_at,
    firstSentAt: row.first_sent_at,
    firstFinalAt: row.first_final_at,
    furthest:
      row.furthest_level === null || row.furthest_since === null
        ? null
        : { level: row.furthest_level, since: row.furthest_since },
    closedAt: row.closed_at,
    registeredAt: row.registered_at,
    registrationChangedAt: row.registration_changed_at,
    scheduledFor: row.scheduled_for,
  };
}

/** `unknown` is the outcome of silence, which no report says. */
const outcomeOfReports = ({ outcome }: MessageRow): Outcome | null => (outcome === 'unknown' ? null : outcome);

const failureOf = (row: MessageRow): Failure => ({
  code: row.error_code,
  message: row.error_message,
  reason: row.error_reason ?? 'unspecified',
  failureClass: row.error_class ?? 'unspecified',
});

function factsOf(row: MessageRow, fact: <Value>(name: string, value: Value) => Fact<Value> | undefined): Facts {
  const found = {
    channel: fact('channel', { channel: row.channel, typeId: row.type_id }),
    recipient: fact('recipient', { kind: row.recipient_kind, value: row.recipient }),
    ...Object.fromEntries(COUNTED_FACTS.map((name) => [name, fact(name, Number(row[name]))])),
    ...Object.fromEntries(Object.entries(PLAIN_FACTS).map(([name, column]) => [name, fact(name, row[column])])),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function originsOf({ standing, error, facts }: MessageState): Origins {
  const origins: Origins = {};
  for (const [name, fact] of Object.entries({ standing, error, ...facts })) {
    if (fact) (origins[fact.key] ??= []).push(name);
  }
  return origins;
}
