import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { EsmsEvent } from '../domain/domain-event.js';
import { EsmsError } from '../domain/errors.js';
import { HANDLER_METADATA, type HandlerMetadata } from './on-esms-event.js';
import { Relays } from './relays/relays.js';
import type { Subscriber, SubscriberHandler } from './subscriber.js';
import { type FoundHandler, handlerProblems, relayProblems, subscriberProblems } from './subscriber-problems.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (events: EsmsEvent | readonly EsmsEvent[], delivery: unknown) => unknown;

const TIMEOUT_MS = 10_000;

/** Finds the handlers among all providers of the application, and the relays beside them. */
@Injectable()
export class SubscriberRegistry {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly relays: Relays,
  ) {}

  /** Every subscriber of this process. Throws `subscribers_invalid`, which lists every problem and where it is. */
  discover(): Subscriber[] {
    const found = this.#find();
    const names = [...new Set(found.map(({ metadata }) => metadata[0].subscriber))].toSorted();
    const { subscribers } = this.relays;
    const problems = [
      ...found.flatMap(handlerProblems),
      ...names.flatMap((name) => subscriberProblems(name, found)),
      ...subscribers.flatMap(({ name }) => relayProblems(name, found)),
    ];
    if (problems.length > 0) throw new EsmsError('subscribers_invalid', problems.join('\n'));
    const handled = names.map((name): Subscriber => {
      const own = found.filter(({ metadata }) => metadata[0].subscriber === name);
      const { from = 'now', reads = false } = own[0]?.metadata[0] ?? {};
      return { name, from, reads, handlers: own.map(handlerOf) };
    });
    return [...handled, ...subscribers];
  }

  /** An alias of a provider is the same instance once more: its handlers count once. */
  #find(): FoundHandler<Wrapper>[] {
    const seen = new Set<unknown>();
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].flatMap((wrapper) => {
      const prototype = prototypeOf(wrapper);
      if (prototype === null || (wrapper.instance && seen.has(wrapper.instance))) return [];
      seen.add(wrapper.instance);
      return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
        const metadata = metadataOf(prototype, method);
        return metadata === null
          ? []
          : [{ place: `${nameOf(wrapper)}.${method}`, provider: wrapper, method, metadata }];
      });
    });
  }
}

/** Of the instance where there is one: a factory's or a value's class is known by nothing else. */
function prototypeOf({ instance, metatype }: Wrapper): object | null {
  const made: unknown = instance;
  if (typeof made === 'object' && made !== null) return Object.getPrototypeOf(made) as object | null;
  return (metatype?.prototype as object | undefined) ?? null;
}

function metadataOf(prototype: object, method: string): FoundHandler<Wrapper>['metadata'] | null {
  return (
    (Reflect.getMetadata(HANDLER_METADATA, prototype, method) as FoundHandler<Wrapper>['metadata'] | undefined) ?? null
  );
}

const nameOf = ({ metatype, name }: Wrapper): string => String(metatype?.prototype ? metatype.name : name);

/** Called on the instance, so that the host's own method decorators work. */
function handlerOf({ place, provider, method, metadata }: FoundHandler<Wrapper>): SubscriberHandler {
  const { batch = null, concurrency, timeout = TIMEOUT_MS } = metadata[0] as Partial<HandlerMetadata>;
  return {
    patterns: metadata.map(({ pattern }) => pattern),
    place,
    batch,
    concurrency: concurrency ?? (batch === null ? 4 : 1),
    timeoutMs: timeout,
    call: async (events, delivery) => {
      const instance = provider.instance as Record<string, Method>;
      await instance[method]?.(batch === null ? (events[0] as EsmsEvent) : events, delivery);
    },
  };
}
