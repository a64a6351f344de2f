import { isDeepStrictEqual } from 'node:util';
import { EVENT_TYPES } from '../domain/domain-event.js';
import type { HandlerMetadata } from './on-esms-event.js';
import { countMatches, EVENT_PATTERNS } from './subscriber.js';

/** A decorated method, as it was found. */
export interface FoundHandler<Provider = { isDependencyTreeStatic(): boolean }> {
  /** `BillingSubscriber.post` */
  place: string;
  provider: Provider;
  method: string;
  metadata: readonly [HandlerMetadata, ...HandlerMetadata[]];
}

/** It stands in paths, and under it deliveries are kept. */
const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** What is wrong with one method, each with its place. */
export function handlerProblems({ place, provider, metadata }: FoundHandler): string[] {
  const [{ pattern: _pattern, ...options }, ...others] = metadata;
  const unknown = metadata.filter(({ pattern }) => !EVENT_PATTERNS.includes(pattern));
  const positive = { batch: options.batch, concurrency: options.concurrency, timeout: options.timeout };
  return [
    ...unknown.map(({ pattern }) => `${place} handles ${pattern}: there is no such event`),
    ...(others.some((other) => !isDeepStrictEqual(optionsOf(other), options))
      ? [`${place} handles events with differing options`]
      : []),
    ...(NAME.test(options.subscriber) ? [] : [`${place}: subscriber must be letters, digits and . _ - only`]),
    ...Object.entries(positive)
      .filter(([, value]) => value !== undefined && !(Number.isInteger(value) && value > 0))
      .map(([name]) => `${place}: ${name} must be a whole number greater than zero`),
    ...(provider.isDependencyTreeStatic() ? [] : [`${place} handles events but its provider is request-scoped`]),
  ];
}

/** What is wrong between the methods of one subscriber, with the places of both. */
export function subscriberProblems(name: string, found: readonly FoundHandler[]): string[] {
  const own = found.filter(({ metadata }) => metadata[0].subscriber === name);
  return [...overlaps(name, own), ...disagreements(name, own), ...intruders(name, own)];
}

/** Whether handlers go by the name of a relay, with their places. */
export function relayProblems(name: string, found: readonly FoundHandler[]): string[] {
  return found
    .filter(({ metadata }) => metadata[0].subscriber === name)
    .map(({ place }) => `${place}: subscriber ${name} is a relay`);
}

function overlaps(name: string, own: readonly FoundHandler[]): string[] {
  return EVENT_TYPES.flatMap((type) => {
    const places = own.flatMap(({ place, metadata }) =>
      Array<string>(countMatches({ patterns: metadata.map(({ pattern }) => pattern) }, type)).fill(place),
    );
    return places.length > 1 ? [`subscriber ${name}: ${type} is handled by ${places.join(' and by ')}`] : [];
  });
}

/** One that reads the log has one cursor, and so one method. */
function intruders(name: string, own: readonly FoundHandler[]): string[] {
  const isOurs = ({ metadata: [{ reads = false }] }: FoundHandler): boolean => reads;
  if (!own.some(isOurs)) return [];
  return own.filter((each) => !isOurs(each)).map(({ place }) => `${place}: subscriber ${name} is ours`);
}

function disagreements(name: string, own: readonly FoundHandler[]): string[] {
  const [first, ...others] = own.map(({ place, metadata }) => ({ place, from: metadata[0].from ?? 'now' }));
  return others
    .filter(({ from }) => from !== first?.from)
    .map(
      ({ place, from }) => `subscriber ${name}: from is '${first?.from}' in ${first?.place} and '${from}' in ${place}`,
    );
}

const optionsOf = ({ pattern: _pattern, ...options }: HandlerMetadata): Omit<HandlerMetadata, 'pattern'> => options;
