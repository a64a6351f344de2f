import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Callbacks } from './callbacks.js';
import { KeepAliveConnection } from './keep-alive-connection.js';

/** What was seen in an interval. */
export interface Measured {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the load generator, in seconds. */
  processorSeconds: number;
}

/** What was answered from the first callback to the last. */
export interface Totals {
  ok: number;
  notOk: number;
}

const OK = 200;
const LONGEST_MICROSECONDS = 600_000_000;

/** A number of connections, each of which always has one callback under way. */
export class ClosedLoop {
  readonly #totals: Totals = { ok: 0, notOk: 0 };
  readonly #callbacks: Callbacks;
  #latencies: RecordableHistogram = newHistogram();
  #running = true;
  #ended: readonly Promise<void>[] = [];

  private constructor(
    port: number,
    private readonly connections: readonly KeepAliveConnection[],
  ) {
    this.#callbacks = new Callbacks(port);
  }

  /** Connects, and starts to send. */
  static async open(port: number, connections: number): Promise<ClosedLoop> {
    const loop = new ClosedLoop(
      port,
      await Promise.all(Array.from({ length: connections }, () => KeepAliveConnection.open(port))),
    );
    loop.#ended = loop.connections.map((connection) => loop.#run(connection));
    return loop;
  }

  /** Watches for some seconds while the load goes on. */
  async measure(seconds: number): Promise<Measured> {
    this.#latencies = newHistogram();
    const processor = process.cpuUsage();
    const start = performance.now();
    await sleep(seconds * 1_000);
    const elapsed = (performance.now() - start) / 1_000;
    const { user, system } = process.cpuUsage(processor);
    const latencies = this.#latencies;
    return {
      perSecond: latencies.count / elapsed,
      p50Ms: latencies.percentile(50) / 1_000,
      p99Ms: latencies.percentile(99) / 1_000,
      processorSeconds: (user + system) / 1e6,
    };
  }

  /** Sends nothing more, and ends when everything is answered. */
  async close(): Promise<Totals> {
    this.#running = false;
    await Promise.all(this.#ended);
    for (const connection of this.connections) connection.close();
    return this.#totals;
  }

  #run(connection: KeepAliveConnection): Promise<void> {
    return new Promise((resolve) => {
      let sentAt = 0;
      const send = (): void => {
        sentAt = performance.now();
        connection.send(this.#callbacks.next().text, answered);
      };
      const answered = (status: number): void => {
        if (status === OK) {
          this.#totals.ok += 1;
          this.#latencies.record(Math.max(1, Math.round((performance.now() - sentAt) * 1_000)));
          if (this.#running) return send();
        } else {
          this.#totals.notOk += 1;
        }
        resolve();
      };
      send();
    });
  }
}

const newHistogram = (): RecordableHistogram => createHistogram({ highest: LONGEST_MICROSECONDS, figures: 3 });
