import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { EVENT_TYPES, type EsmsEvent } from '../domain/domain-event.js';
import { EsmsError } from '../domain/errors.js';
import { HANDLER_METADATA, type HandlerMetadata } from './on-esms-event.js';
import { countMatches, type Subscriber, type SubscriberHandler } from './subscriber.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (events: EsmsEvent | readonly EsmsEvent[], delivery: unknown) => unknown;

/** Finds the handlers among all providers of the application. */
@Injectable()
export class SubscriberRegistry {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** Every subscriber of this process. Throws `subscribers_invalid`, which lists every problem and where it is. */
  discover(): Subscriber[] {
    const found = [...this.discovery.getProviders(), ...this.discovery.getControllers()].flatMap((wrapper) =>
      this.#handlersOf(wrapper),
    );
    const names = [...new Set(found.map(({ name }) => name))].toSorted();
    const subscribers = names.map((name) => ({
      name,
      handlers: found.filter((each) => each.name === name).map(({ handler }) => handler),
    }));
    const problems = subscribers.flatMap(overlaps);
    if (problems.length > 0) throw new EsmsError('subscribers_invalid', problems.join('\n'));
    return subscribers;
  }

  #handlersOf(wrapper: Wrapper): { name: string; handler: SubscriberHandler }[] {
    const prototype: object | undefined = wrapper.metatype?.prototype;
    if (prototype === undefined) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
      const metadata = this.#metadataOf(prototype, method);
      return metadata.length === 0 ? [] : [handlerOf(wrapper, method, metadata)];
    });
  }

  #metadataOf(prototype: object, method: string): HandlerMetadata[] {
    const member: unknown = (prototype as Record<string, unknown>)[method];
    if (typeof member !== 'function') return [];
    return this.reflector.get<HandlerMetadata[] | undefined>(HANDLER_METADATA, member as () => void) ?? [];
  }
}

/** Called on the instance, so that the host's own method decorators work. */
function handlerOf(
  wrapper: Wrapper,
  method: string,
  metadata: readonly HandlerMetadata[],
): { name: string; handler: SubscriberHandler } {
  const place = `${String(wrapper.name)}.${method}`;
  const [{ pattern: _pattern, ...options }, ...others] = metadata as [HandlerMetadata, ...HandlerMetadata[]];
  if (others.some(({ pattern: _other, ...differing }) => !isDeepStrictEqual(differing, options))) {
    throw new EsmsError('subscribers_invalid', `${place} handles events with differing options`);
  }
  if (!wrapper.isDependencyTreeStatic()) {
    throw new EsmsError('subscribers_invalid', `${place} handles events but its provider is request-scoped`);
  }
  const batch = options.batch ?? null;
  const handler: SubscriberHandler = {
    patterns: metadata.map(({ pattern }) => pattern),
    place,
    batch,
    concurrency: options.concurrency ?? (batch === null ? 4 : 1),
    call: async (events, delivery) => {
      const instance = wrapper.instance as Record<string, Method>;
      await instance[method]?.(batch === null ? (events[0] as EsmsEvent) : events, delivery);
    },
  };
  return { name: options.subscriber, handler };
}

function overlaps({ name, handlers }: Subscriber): string[] {
  return EVENT_TYPES.flatMap((type) => {
    const places = handlers.flatMap((handler) => Array<string>(countMatches(handler, type)).fill(handler.place));
    return places.length > 1 ? [`subscriber ${name}: ${type} is handled by ${places.join(' and by ')}`] : [];
  });
}
