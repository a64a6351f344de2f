import { Injectable } from '@nestjs/common';
import type { DispatcherOptions } from '../config/options.js';
import type { HandlerLoop } from './handler-loop.js';
import { HandlerLoops } from './handler-loops.js';
import { EventLog } from './log/event-log.js';
import type { LogReader } from './log/log-reader.js';
import { LogReaders } from './log/log-readers.js';
import type { Subscriber } from './subscriber.js';
import { SubscriberRegistry } from './subscriber-registry.js';
import { WakeUp } from './wake-up.js';

/** The loops of this process: those that read the event log, and those that hand deliveries over. */
@Injectable()
export class DispatchLoops {
  #readers: LogReader[] = [];
  readonly #handlers: { subscriber: Subscriber; loop: HandlerLoop }[] = [];

  constructor(
    private readonly registry: SubscriberRegistry,
    private readonly readers: LogReaders,
    private readonly handlers: HandlerLoops,
    private readonly log: EventLog,
    private readonly wakeUp: WakeUp,
  ) {}

  /** Not started yet. Throws `subscribers_invalid` where the handlers cannot be as they are. */
  make(options: Required<DispatcherOptions>): void {
    const subscribers = this.registry.discover();
    for (const subscriber of subscribers) {
      for (const loop of this.handlers.make(subscriber, options)) this.#handlers.push({ subscriber, loop });
    }
    this.#readers = this.readers.make(
      subscribers,
      options,
      (name) => this.#wake(({ name: own }) => own === name),
      () => this.wakeUp.tell('deliveries'),
    );
    this.wakeUp.on('events', () => this.log.wake());
    this.wakeUp.on('subscriptions', () => {
      for (const reader of this.#readers) reader.look();
    });
    // What a reader of the log held back is rare, and its own process knows of it: a claim for each event would cost more
    // than the event.
    this.wakeUp.on('deliveries', () => this.#wake(({ reads }) => !reads));
  }

  start(): void {
    for (const reader of this.#readers) reader.start();
    for (const { loop } of this.#handlers) loop.start();
  }

  /** Resolves when what is in hand is done, and everything else is given back. */
  async stop(): Promise<void> {
    await Promise.all([...this.#readers, ...this.#handlers.map(({ loop }) => loop)].map((each) => each.stop()));
  }

  #wake(isMeant: (subscriber: Subscriber) => boolean): void {
    for (const { subscriber, loop } of this.#handlers) if (isMeant(subscriber)) loop.wake();
  }
}
