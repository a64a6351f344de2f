import { vi } from 'vitest';
import type { RelaysOptions } from '../../src/config/options.js';
import { OutageError } from '../../src/events/outage.js';
import { BrokerLink } from '../../src/events/relays/broker-link.js';
import { DispatcherInstance } from './dispatcher-instance.js';
import { createTestDatabase } from './test-database.js';

/** Few, so that an outage that spent attempts would show soon. */
export const MAX_ATTEMPTS = 3;

/** Lets a process with relays work, and stops it. */
export async function withRelays(
  relays: RelaysOptions,
  work: (instance: DispatcherInstance) => Promise<void>,
): Promise<void> {
  published.mockClear();
  const database = await createTestDatabase();
  const dispatcher = { maxAttempts: MAX_ATTEMPTS, backoffMs: 5 };
  const instance = await DispatcherInstance.start(database.url, { dispatcher, relays });
  try {
    await work(instance);
  } finally {
    await instance.stop();
    await database.drop();
  }
}

/** Each call of a relay, which goes through as it is. */
const published = vi.spyOn(BrokerLink.prototype, 'publish');

/** How often the relay of this trial was given an event in vain; the log tells of an outage once. */
export function outageCount(): number {
  return published.mock.settledResults.filter(({ value }) => value instanceof OutageError).length;
}

/** The lines of the log that an operator is woken by. */
export const errorsOf = ({ log }: DispatcherInstance): string[] => log.filter((line) => line.startsWith('ERROR'));

/** As much of an event as its order is told by. */
interface Arrived {
  id: string;
  subject: string;
  sequence: string;
}

/** The sequences of each subject in the order they came, copies left out. */
export function sequencesOf(events: readonly Arrived[]): Map<string, number[]> {
  const sequences = new Map<string, number[]>();
  const seen = new Set<string>();
  for (const { id, subject, sequence } of events) {
    if (seen.has(id)) continue;
    seen.add(id);
    sequences.set(subject, [...(sequences.get(subject) ?? []), Number(sequence)]);
  }
  return sequences;
}
