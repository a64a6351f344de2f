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
  /** Up to how many events a call gets; with it the handler takes an array. @default one event, no array */
  batch?: number;
  /** How many calls run at once; events of one message never do. @default 4, and 1 for a batch handler */
  concurrency?: number;
}

/** What one {@link OnEsmsEvent} leaves on a method. */
export interface HandlerMetadata extends HandlerOptions {
  pattern: EventPattern;
}

/** Key of the list of {@link HandlerMetadata}. */
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
 * the transaction of the effect. Put on a method several times, it handles several patterns.
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
  return (_target, _name, descriptor) => {
    const method = descriptor.value as object;
    const others = (Reflect.getMetadata(HANDLER_METADATA, method) ?? []) as HandlerMetadata[];
    Reflect.defineMetadata(HANDLER_METADATA, [{ pattern, ...options } satisfies HandlerMetadata, ...others], method);
  };
}
