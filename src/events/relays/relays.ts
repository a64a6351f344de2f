import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { RelayOptions, ResolvedOptions, ResolvedStructure } from '../../config/options.js';
import { EVENT_TYPES } from '../../domain/domain-event.js';
import { cloudEventOf } from '../cloud-event.js';
import type { Subscriber } from '../subscriber.js';
import { BrokerLink } from './broker-link.js';
import { contentOf } from './event-content.js';
import { loadNats } from './nats.relay.js';
import { loadRabbitMq } from './rabbitmq.relay.js';
import type { OpenSession } from './relay.js';

/** So many messages may wait for their acknowledgement at once; none is of the same message of the gateway's. */
const IN_FLIGHT = 64;
const TIMEOUT_MS = 10_000;

/** The relays of this process: each is a subscriber like any other. */
export class Relays implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #relays: { subscriber: Subscriber; link: BrokerLink }[] = [];

  get subscribers(): readonly Subscriber[] {
    return this.#relays.map(({ subscriber }) => subscriber);
  }

  /** A broker that is away, or refuses, stops no boot. */
  onApplicationBootstrap(): void {
    for (const { link } of this.#relays) link.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#relays.map(({ link }) => link.close()));
  }

  /** One event a call, many calls at once: so a broker acknowledges, and a bad event is alone. */
  add(name: string, { types, mode, includeRecipient }: Required<RelayOptions>, open: OpenSession): void {
    const link = new BrokerLink(open, new Logger(`EsmsRelay ${name}`));
    const handler = {
      patterns: EVENT_TYPES.every((type) => types.includes(type)) ? (['*'] as const) : types,
      place: `relays.${name}`,
      batch: null,
      concurrency: IN_FLIGHT,
      timeoutMs: TIMEOUT_MS,
      call: async ([event]: Parameters<Subscriber['handlers'][number]['call']>[0]) => {
        if (event === undefined) return;
        const content = contentOf(cloudEventOf(event, { includeRecipient }), mode);
        await link.publish({ id: event.id, type: event.type, content });
      },
    };
    this.#relays.push({ subscriber: { name: `relay-${name}`, from: 'now', reads: false, handlers: [handler] }, link });
  }
}

/** Loads what the relays of a process need. Throws `options_invalid` where a client is not installed. */
export async function loadRelays({ relays }: ResolvedOptions, { dispatcher }: ResolvedStructure): Promise<Relays> {
  const loaded = new Relays();
  const { rabbitmq, nats } = relays;
  if (dispatcher === false) return loaded;
  if (rabbitmq) loaded.add('rabbitmq', rabbitmq, await loadRabbitMq(rabbitmq));
  if (nats) loaded.add('nats', nats, await loadNats(nats));
  return loaded;
}
