import type { EsmsEvent, EventType } from '../domain/domain-event.js';
import type { EsmsDelivery } from './esms-delivery.js';
import { HANDLER_METADATA, type HandlerMetadata } from './on-esms-event.js';

type Reader<Event> = (events: Event[], delivery: EsmsDelivery) => Promise<void>;

/** How many of the events that were held back a call gets. */
const BATCH = 200;

/**
 * Makes a method of ours a reader of the event log: it gets every event there ever was, many a call, of which several
 * may be of one message, and no delivery is stored for what goes well. In the transaction of its effect it must call
 * `delivery.complete(runner)`. It reads from the beginning, whenever it is turned on.
 */
export function ReadEsmsEvents<Type extends EventType>(types: readonly Type[], subscriber: string) {
  return <Method extends Reader<EsmsEvent<Type>>>(
    target: object,
    name: string | symbol,
    _descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const metadata = types.map(
      (pattern): HandlerMetadata => ({ pattern, subscriber, batch: BATCH, from: 'beginning', reads: true }),
    );
    Reflect.defineMetadata(HANDLER_METADATA, metadata, target, name);
  };
}
