import type { EsmsEvent } from '../domain/domain-event.js';
import type { EsmsDelivery } from './esms-delivery.js';
import type { EventPattern } from './on-esms-event.js';

/** A named consumer of events in this process, as its decorated methods make it. */
export interface Subscriber {
  name: string;
  handlers: readonly SubscriberHandler[];
}

/** One decorated method. */
export interface SubscriberHandler {
  patterns: readonly EventPattern[];
  /** Where it is, for people: `BillingSubscriber.post`. */
  place: string;
  /** null: one event a call. */
  batch: number | null;
  concurrency: number;
  call(events: readonly EsmsEvent[], delivery: EsmsDelivery): Promise<void>;
}

/** How many of a handler's patterns let a type through. */
export function countMatches({ patterns }: SubscriberHandler, type: string): number {
  return patterns.filter((pattern) => pattern === '*' || pattern === type || isMessagePattern(pattern, type)).length;
}

const isMessagePattern = (pattern: EventPattern, type: string): boolean =>
  pattern === 'message.*' && type.startsWith('message.');
