import type { ChannelServices } from '../../src/channels/channel-services.js';
import { derivedId, EVENT_TYPES, type EsmsEvent, type EventType } from '../../src/domain/domain-event.js';
import { closeMessage, emptyMessage } from '../../src/domain/message-state.js';
import { foldReports } from '../../src/messages/fold-reports.js';
import { MessageProgress } from '../../src/messages/message-progress.js';
import type { StoredMessage, StoredRegistration } from '../../src/messages/stored-message.js';
import { fieldsOf } from './gateway-fields.js';
import { at } from './reports.js';
import { SEED_SAMPLES } from './samples.js';

const ACCOUNT = 'default';

/** An event of each type, as the code makes them of the gateway's own samples and of what those lack. */
export function exampleEvents(services: ChannelServices): Map<EventType, EsmsEvent> {
  const events = [
    ...eventsOf(services, [sample('c4-viber')]),
    ...eventsOf(services, [sample('c3-zns-failed')]),
    ...eventsOf(services, [sample('c2-advertising'), counted(sample('c2-advertising'), 150, 19)]),
    ...eventsOf(services, [sample('c5-oa-consulting'), sample('c8-journey')]).toReversed(),
    ...eventsOf(services, ['SMSID=0b1c4f9e7a6d4f0f8d7d1a2b3c4d5e6f79&SendStatus=4&TypeId=2&TotalReceiver=1']),
    ...registeredAndSilent(),
    quarantined(),
  ];
  return new Map(EVENT_TYPES.map((type) => [type, events.find((event) => event.type === type) as EsmsEvent]));
}

/** What the callbacks about one message raise, a minute after each other. */
function eventsOf(services: ChannelServices, queries: readonly string[]): EsmsEvent[] {
  const smsId = new URLSearchParams(queries[0]).get('SMSID') as string;
  const incoming = queries.map((query, index) => ({
    raw: Buffer.from(query),
    report: {
      ...services.contentOf(fieldsOf(query)),
      account: ACCOUNT,
      smsId,
      source: 'callback' as const,
      receivedAt: at(index * 60),
      firstReceivedAt: at(index * 60),
      digest: String(index),
    },
  }));
  return foldReports({ stored: unknownMessage(smsId), incoming, known: [], kept: null, link: null })?.events ?? [];
}

function registeredAndSilent(): EsmsEvent[] {
  const smsId = '2f0e8c1d5b7a49638e1f0a9b8c7d6e5f42';
  const registration: StoredRegistration = {
    id: '1',
    linkedSmsId: smsId,
    account: ACCOUNT,
    smsId,
    requestId: 'order-1-sms',
    ref: 'order-1',
    channel: 'sms_care',
    recipient: { kind: 'phone', value: '0901888484' },
    scheduledFor: null,
    metadata: { order: 1 },
    registeredAt: at(0),
    changedAt: at(0),
    requestedAt: at(0),
    closedAt: null,
    sequence: 0,
  };
  const progress = new MessageProgress(unknownMessage(smsId));
  progress.link(registration, at(0));
  const closedAt = at(72 * 3_600);
  progress.advance(closeMessage(progress.state, closedAt), closedAt);
  return progress.result().events;
}

function quarantined(): EsmsEvent {
  const id = derivedId('quarantine', ACCOUNT, 'SendStatus=5');
  const data = { quarantineId: id, reason: 'sms_id_absent', receivedAt: at(0) };
  return { id, type: 'receipt.quarantined', account: ACCOUNT, subject: id, sequence: null, time: at(0), data };
}

function unknownMessage(smsId: string): StoredMessage {
  return { state: emptyMessage(ACCOUNT, smsId), version: 0, sequence: 0, registration: null };
}

const sample = (name: string): string => SEED_SAMPLES.find((each) => each.name === name)?.query as string;

function counted(query: string, succeeded: number, failed: number): string {
  const parameters = new URLSearchParams(query);
  parameters.set('SendSuccess', String(succeeded));
  parameters.set('SendFailed', String(failed));
  return parameters.toString();
}
