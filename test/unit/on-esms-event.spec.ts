import { Global, Injectable, Module, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { Relays } from '../../src/events/relays/relays.js';
import type { Subscriber } from '../../src/events/subscriber.js';
import { SubscriberRegistry } from '../../src/events/subscriber-registry.js';
import { type EsmsDelivery, type EsmsEvent, type EventType, OnEsmsEvent } from '../../src/index.js';

/** What the registry finds in an application of these providers. */
function discover(...providers: Provider[]): Promise<Subscriber[]> {
  return discoverBeside(new Relays(), ...providers);
}

async function discoverBeside(relays: Relays, ...providers: Provider[]): Promise<Subscriber[]> {
  const beside = { provide: Relays, useValue: relays };
  @Global()
  @Module({ imports: [DiscoveryModule], providers: [SubscriberRegistry, beside, ...providers] })
  class Host {}
  const app = await Test.createTestingModule({ imports: [Host] }).compile();
  try {
    return app.get(SubscriberRegistry).discover();
  } finally {
    await app.close();
  }
}

const S = { subscriber: 's' } as const;

@Injectable()
class Delivered {
  readonly seen: string[] = [];

  @OnEsmsEvent('message.delivered', S)
  handle(event: EsmsEvent): void {
    this.seen.push(event.id);
  }
}

@Injectable()
class Everything {
  @OnEsmsEvent('*', S)
  all(_event: EsmsEvent): void {}
}

@Injectable()
class Sent {
  @OnEsmsEvent('message.sent', { ...S, from: 'beginning' })
  handle(_event: EsmsEvent): void {}
}

describe('a boot with', () => {
  it('a handler that goes by the name of a relay names it', async () => {
    const relays = new Relays();
    const options = { types: ['message.sent'], mode: 'structured', includeRecipient: false } as const;
    relays.add('nats', options, () => Promise.reject(new Error('not opened')));
    class Posing {
      @OnEsmsEvent('message.sent', { subscriber: 'relay-nats' })
      handle(_event: EsmsEvent): void {}
    }
    await expect(discoverBeside(relays, Posing)).rejects.toThrow('Posing.handle: subscriber relay-nats is a relay');
    const found = await discoverBeside(relays, Delivered);
    expect(found.map(({ name }) => name)).toEqual(['s', 'relay-nats']);
  });

  it('overlapping patterns names both places', async () => {
    await expect(discover(Delivered, Everything)).rejects.toMatchObject({
      code: 'subscribers_invalid',
      message: expect.stringMatching(/message\.delivered is handled by Delivered\.handle and by Everything\.all/),
    });
  });

  it('methods that disagree about from names both places', async () => {
    await expect(discover(Delivered, Sent)).rejects.toThrow(
      "subscriber s: from is 'now' in Delivered.handle and 'beginning' in Sent.handle",
    );
  });

  it('one method with differing options names it', async () => {
    class Stacked {
      @OnEsmsEvent('message.sent', { subscriber: 's', concurrency: 1 })
      @OnEsmsEvent('message.delivered', { subscriber: 's', concurrency: 2 })
      handle(_event: EsmsEvent): void {}
    }
    await expect(discover(Stacked)).rejects.toThrow('Stacked.handle handles events with differing options');
  });

  it('a type that is not known, or of a later version, names the place and the type', async () => {
    class Mistyped {
      @OnEsmsEvent('message.deliverd' as EventType, S)
      handle(_event: EsmsEvent): void {}

      @OnEsmsEvent('message.sent.v2' as EventType, S)
      later(_event: EsmsEvent): void {}
    }
    const boot = discover(Mistyped);
    await expect(boot).rejects.toThrow('Mistyped.handle handles message.deliverd: there is no such event');
    await expect(boot).rejects.toThrow('Mistyped.later handles message.sent.v2: there is no such event');
  });

  it('a request-scoped provider, or one that needs such a one, names it', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @OnEsmsEvent('message.sent', S)
      handle(_event: EsmsEvent): void {}
    }
    class Needing {
      constructor(readonly scoped: Scoped) {}

      @OnEsmsEvent('message.delivered', S)
      handle(_event: EsmsEvent): void {}
    }
    const needing = { provide: Needing, useFactory: (scoped: Scoped) => new Needing(scoped), inject: [Scoped] };
    await expect(discover(Scoped)).rejects.toThrow('Scoped.handle handles events but its provider is request-scoped');
    await expect(discover(Scoped, needing)).rejects.toThrow('Scoped.handle');
  });

  it.each([
    ['concurrency must be a whole number greater than zero', { concurrency: 0 }],
    ['batch must be', { batch: 1.5 }],
    ['timeout must be', { timeout: -1 }],
    ['subscriber must be letters', { subscriber: 'a/b' }],
    ['subscriber must be letters', { subscriber: '' }],
  ])('%s', async (problem, options) => {
    class Odd {
      @OnEsmsEvent('message.sent', { ...S, ...options } as typeof S)
      handle(_event: EsmsEvent): void {}
    }
    await expect(discover(Odd)).rejects.toThrow(problem);
  });
});

describe('a handler', () => {
  it('may be one of several methods of several classes of a subscriber', async () => {
    class Quarantined {
      @OnEsmsEvent('receipt.quarantined', { ...S, timeout: 50 })
      handle(_event: EsmsEvent): void {}
    }
    const [subscriber, ...others] = await discover(Delivered, Quarantined);
    expect(others).toEqual([]);
    expect(subscriber).toMatchObject({
      name: 's',
      from: 'now',
      handlers: [
        { place: 'Delivered.handle', patterns: ['message.delivered'], batch: null, concurrency: 4, timeoutMs: 10_000 },
        { place: 'Quarantined.handle', timeoutMs: 50 },
      ],
    });
  });

  it('of a factory, a value or an alias is found, and once', async () => {
    const value = new Delivered();
    const found = await discover(
      { provide: 'value', useValue: value },
      { provide: 'alias', useExisting: 'value' },
      { provide: 'made', useFactory: () => new Sent2() },
    );
    expect(found.map(({ name, handlers }) => [name, handlers.length])).toEqual([
      ['other', 1],
      ['s', 1],
    ]);
    await found[1]?.handlers[0]?.call([{ id: 'e1' } as EsmsEvent], {} as EsmsDelivery);
    expect(value.seen).toEqual(['e1']);
  });

  it("goes through the host's own decorators, whichever stands first", async () => {
    const calls: string[] = [];
    const Traced = (): MethodDecorator => (_target, _name, descriptor) => {
      const method = descriptor.value as unknown as (...given: unknown[]) => unknown;
      descriptor.value = function (this: unknown, ...given: unknown[]) {
        calls.push('traced');
        return method.apply(this, given);
      } as never;
    };
    class Host {
      @Traced()
      @OnEsmsEvent('message.sent', { subscriber: 'above' })
      above(_event: EsmsEvent): void {
        calls.push('above');
      }

      @OnEsmsEvent('message.sent', { subscriber: 'below' })
      @Traced()
      below(_event: EsmsEvent): void {
        calls.push('below');
      }
    }
    for (const { handlers } of await discover(Host)) await handlers[0]?.call([{} as EsmsEvent], {} as EsmsDelivery);
    expect(calls).toEqual(['traced', 'above', 'traced', 'below']);
  });
});

class Sent2 {
  @OnEsmsEvent('message.sent', { subscriber: 'other' })
  handle(_event: EsmsEvent): void {}
}

describe('the compiler', () => {
  it('takes the right parameter and refuses a wrong one', () => {
    class Typed {
      @OnEsmsEvent('message.delivered', S)
      right({ data }: EsmsEvent<'message.delivered'>, { signal }: EsmsDelivery): void {
        expectTypeOf(data.correction).toEqualTypeOf<boolean>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      }

      // @ts-expect-error another event
      @OnEsmsEvent('message.delivered', S)
      another(_event: EsmsEvent<'message.cost_changed'>): void {}

      // @ts-expect-error one event where an array comes
      @OnEsmsEvent('message.delivered', { ...S, batch: 10 })
      one(_event: EsmsEvent<'message.delivered'>): void {}

      // @ts-expect-error an array where one event comes
      @OnEsmsEvent('message.delivered', S)
      many(_events: EsmsEvent<'message.delivered'>[]): void {}

      // @ts-expect-error one type where several come
      @OnEsmsEvent('message.*', S)
      narrow(_event: EsmsEvent<'message.delivered'>): void {}

      // @ts-expect-error no such event
      @OnEsmsEvent('message.lost', S)
      lost(_event: EsmsEvent): void {}

      // @ts-expect-error no such option
      @OnEsmsEvent('message.sent', { ...S, from: 'yesterday' })
      odd(_event: EsmsEvent): void {}
    }
    expect(Typed).toBeDefined();
  });
});
