import { EVENT_TYPES, type EsmsEvent, type EventType } from '../domain/domain-event.js';
import type { EsmsDelivery } from './esms-delivery.js';
import type { EventPattern, HandlerOptions } from './on-esms-event.js';
import type { RetryPolicy } from './retry-policy.js';

/** A named consumer of events in this process, as its decorated methods make it. */
export interface Subscriber {
  name: string;
  from: NonNullable<HandlerOptions['from']>;
  /** Whether it reads the log itself, by its one handler, and has deliveries only of what failed. */
  reads: boolean;
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
  timeoutMs: number;
  /** @default as the dispatcher's options say */
  retry?: RetryPolicy;
  call(events: readonly EsmsEvent[], delivery: EsmsDelivery): Promise<void>;
}

/** Every pattern that there is. */
export const EVENT_PATTERNS: readonly EventPattern[] = [...EVENT_TYPES, 'message.*', '*'];

/** How many of a handler's patterns let a type through. */
export function countMatches({ patterns }: Pick<SubscriberHandler, 'patterns'>, type: string): number {
  return patterns.filter((pattern) => pattern === '*' || pattern === type || isMessagePattern(pattern, type)).length;
}

/** The types that patterns let through. */
export const typesOf = (handler: Pick<SubscriberHandler, 'patterns'>): EventType[] =>
  EVENT_TYPES.filter((type) => countMatches(handler, type) > 0);

/** SQL for the patterns that let the type in `column` through. */
export const patternsSql = (column: string): string => `array[${column}, split_part(${column}, '.', 1) || '.*', '*']`;

const isMessagePattern = (pattern: EventPattern, type: string): boolean =>
  pattern === 'message.*' && type.startsWith('message.');
