import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { DeliveryRetention } from './delivery-retention.js';
import { EventReplay } from './event-replay.js';
import { SubscriberRetirement } from './subscriber-retirement.js';
import { WakeUp } from './wake-up.js';

const RETENTION_EVERY_MS = 60_000;

/** What is done, in words that name it in the log, and how. */
export type Duty = readonly [what: string, work: (signal: AbortSignal) => Promise<void>];

/** What has to be done for subscribers now and then, by any process: it may take long. */
@Injectable()
export class SubscriptionDuties {
  readonly all: readonly Duty[] = [
    ['replays', (signal) => this.#replay(signal)],
    ['retiring subscribers', () => this.retirement.finish()],
    ['deleting finished deliveries', (signal) => this.#sweep(signal)],
  ];
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly replay: EventReplay,
    private readonly retirement: SubscriberRetirement,
    private readonly retention: DeliveryRetention,
    private readonly wakeUp: WakeUp,
  ) {}

  async #replay(signal: AbortSignal): Promise<void> {
    if (await this.replay.resume(signal)) this.wakeUp.tell('deliveries');
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { dispatcher } = this.structure;
    if (dispatcher === false || performance.now() < this.#sweptAt + RETENTION_EVERY_MS) return;
    this.#sweptAt = performance.now();
    await this.retention.sweep(dispatcher.retentionDays, signal);
  }
}
