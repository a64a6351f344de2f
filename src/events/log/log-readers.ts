import { Injectable } from '@nestjs/common';
import type { DispatcherOptions } from '../../config/options.js';
import { Database } from '../../database/database.js';
import type { SqlRunner } from '../../database/sql-runner.js';
import { DispatchPool } from '../dispatch-pool.js';
import { callHandler } from '../handler-call.js';
import { type Subscriber, type SubscriberHandler, typesOf } from '../subscriber.js';
import { CursorTable } from './cursor-table.js';
import { EventLog } from './event-log.js';
import { FanOut } from './fan-out.js';
import { HeldBack } from './held-back.js';
import type { LogEntry } from './log-entry.js';
import { LogReader } from './log-reader.js';
import type { ReaderStatements, ReaderTask } from './reader-batch.js';

/** Makes the readers of the log in this process. */
@Injectable()
export class LogReaders {
  readonly #statements: ReaderStatements;

  constructor(
    private readonly log: EventLog,
    private readonly fanOut: FanOut,
    cursors: CursorTable,
    heldBack: HeldBack,
    pool: DispatchPool,
    { background }: Database,
  ) {
    this.#statements = { cursors, heldBack, pool, background };
  }

  /**
   * Makes one for each subscriber that reads the log itself, and the one that makes the deliveries of all others. None
   * is started yet.
   * @param heldBack called with a subscriber that was made deliveries of what it could not take
   * @param fannedOut called when deliveries were made for others
   */
  make(
    subscribers: readonly Subscriber[],
    options: Required<DispatcherOptions>,
    heldBack: (subscriber: string) => void,
    fannedOut: () => void,
  ): LogReader[] {
    const reading = subscribers.filter(({ reads }) => reads).map(taskOf);
    this.log.want(reading.flatMap(({ types }) => types));
    return [
      ...reading.map((task) => this.#reader(task, options, () => heldBack(task.subscriber))),
      this.#reader(this.fanOut.task(fannedOut), options),
    ];
  }

  #reader(task: ReaderTask, options: Required<DispatcherOptions>, heldBack?: () => void): LogReader {
    return new LogReader(task, this.log, this.#statements, options, heldBack);
  }
}

function taskOf({ name, handlers }: Subscriber): ReaderTask {
  const [handler] = handlers as [SubscriberHandler];
  return {
    subscriber: name,
    types: typesOf(handler),
    deliver: async (entries: readonly LogEntry[], complete: (runner: SqlRunner) => Promise<void>) => {
      const events = entries.map(({ event }) => event);
      const { error } = await callHandler(handler, events, 1, complete);
      if (error !== null) throw error;
    },
  };
}
