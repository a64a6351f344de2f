import type { EsmsEvent, EventType } from '../domain/domain-event.js';
import type { EsmsDelivery } from './esms-delivery.js';

/** An exact type, every event about messages, or every event. */
export type EventPattern = EventType | 'message.*' | '*';

/** The types that a pattern lets through. */
export type MatchedType<Pattern extends EventPattern> = Pattern extends '*'
  ? EventType
  : Pattern extends 'message.*'
    ? Exclude<EventType, 'receipt.quarantined'>
    : Extract<Pattern, EventType>;

/** How a handler gets its events. */
export interface HandlerOptions {
  /** The subscriber's lasting name: deliveries are kept under it, so the class may be renamed, the name may not. */
  subscriber: string;
  /**
   * Where a subscriber that is new begins: with the events from now on, or with all that there ever were, in order. The
   * same for all methods of a subscriber. @default 'now'
   */
  from?: 'now' | 'beginning';
  /** Up to how many events a call gets; with it the handler takes an array. @default one event, no array */
  batch?: number;
  /**
   * How many calls of this method run at once in a process; events of one message never do. At most half of them, or
   * every other one, is with an event that failed before. @default 4, and 1 for a batch handler
   */
  concurrency?: number;
  /** How long a call may take, in milliseconds; then `delivery.signal` is aborted and it has failed. @default 10_000 */
  timeout?: number;
}

/** What one {@link OnEsmsEvent} leaves on a method. */
export interface HandlerMetadata extends HandlerOptions {
  pattern: EventPattern;
  /** Whether it reads the log itself; see `ReadEsmsEvents`. */
  reads?: boolean;
}

/** Key of the list of {@link HandlerMetadata} of a method's name. */
export const HANDLER_METADATA = 'nestjs-esms:handler';

type Handler<Event> = (event: Event, delivery: EsmsDelivery) => unknown;

type HandlerDecorator<Event> = <Method extends Handler<Event>>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Makes a method of any provider the handler of events. Each event reaches it at least once, the events of one message
 * in their order; a thrown error is tried again later. For an effect exactly once, call `delivery.complete(manager)` in
 * the transaction of the effect. Put on a method several times, it handles several patterns. A short name such as
 * `message.delivered` means version 1 for ever; a later version is a name of its own, `message.delivered.v2`.
 */
export function OnEsmsEvent<Pattern extends EventPattern>(
  pattern: Pattern,
  options: HandlerOptions & { batch: number },
): HandlerDecorator<EsmsEvent<MatchedType<Pattern>>[]>;
export function OnEsmsEvent<Pattern extends EventPattern>(
  pattern: Pattern,
  options: HandlerOptions & { batch?: never },
): HandlerDecorator<EsmsEvent<MatchedType<Pattern>>>;
export function OnEsmsEvent(pattern: EventPattern, options: HandlerOptions): MethodDecorator {
  // Under the name and not on the function: another decorator of the host may put a function of its own in its place.
  return (target, name) => {
    const others = (Reflect.getOwnMetadata(HANDLER_METADATA, target, name) ?? []) as HandlerMetadata[];
    Reflect.defineMetadata(
      HANDLER_METADATA,
      [{ pattern, ...options } satisfies HandlerMetadata, ...others],
      target,
      name,
    );
  };
}
