import type { EsmsEvent, EventType } from '../../src/index.js';
import { derivedId } from '../../src/domain/domain-event.js';
import { Database } from '../../src/database/database.js';
import { Outbox } from '../../src/events/outbox.js';
import type { DispatcherInstance } from './dispatcher-instance.js';

/** An event of a message, as far as a dispatcher looks at it. */
export function makeEvent(subject: string, sequence: number, type: EventType = 'message.sent'): EsmsEvent {
  return {
    id: derivedId('default', subject, String(sequence)),
    type,
    account: 'default',
    subject,
    sequence,
    time: new Date(Date.now()).toISOString().replace('Z', '000Z'),
    data: { note: `${subject}/${sequence}` } as unknown as EsmsEvent['data'],
  };
}

/** Stores events as whoever raises them does: one transaction, then a word to the dispatcher. */
export async function raise(instance: DispatcherInstance, ...events: readonly EsmsEvent[]): Promise<void> {
  const outbox = instance.app.get(Outbox, { strict: false });
  await instance.app.get(Database, { strict: false }).ingest((runner) => outbox.append(runner, events));
  outbox.announce();
}

/** `messages` messages with `each` events, in an order in which those of different messages mix, by transactions of 500. */
export async function raiseMany(
  instance: DispatcherInstance,
  { messages, each, prefix = 'm' }: { messages: number; each: number; prefix?: string },
): Promise<void> {
  const events = Array.from({ length: each }, (_, sequence) =>
    Array.from({ length: messages }, (__, message) => makeEvent(`${prefix}-${message}`, sequence + 1)),
  ).flat();
  for (let start = 0; start < events.length; start += 500) await raise(instance, ...events.slice(start, start + 500));
}
