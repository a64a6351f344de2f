import { CONTENDERS, type Contender } from '../contenders.js';
import type { LedgerLatency } from '../load/ledger-latency.js';
import { OpenLoop } from '../load/open-loop.js';
import type { LoadQuestions } from '../load-process.js';
import { type BenchOptions, COMPARED_CONNECTIONS } from '../options.js';
import { type BenchPostgres, countRows } from '../postgres/bench-postgres.js';
import { fillDatabase } from '../postgres/fill-database.js';
import { Child } from '../processes/child.js';
import { measureContender, withContender } from './measure-contender.js';
import { type Measurement, microsecondsEach } from './measurement.js';
import { VoidRun } from './void-run.js';

const EMPTY = 'bench_empty';
const FILLED = 'bench_filled';
const LEDGER_PER_SECOND = 1_000;

/** One callback of each kind that the load generator sends. */
const ORIGINALS = 2;

/** Runs the parts of the benchmark, each in interleaved rounds: the machine's moods meet every contender. */
export class Rounds {
  readonly #load = Child.start<LoadQuestions>('load-process');

  constructor(
    private readonly options: BenchOptions,
    private readonly postgres: BenchPostgres,
    private readonly log: (line: string) => void,
  ) {}

  /** Every contender, on a database of its own. */
  async sideBySide(): Promise<Measurement[]> {
    const measurements: Measurement[] = [];
    for (let round = 1; round <= this.options.rounds; round += 1) {
      for (const name of this.options.contenders) {
        const { stores }: Contender = CONTENDERS[name];
        const databaseUrl = stores.length === 0 ? '' : await this.postgres.create(EMPTY);
        const measured = await measureContender(this.#load, {
          ...this.options,
          postgres: this.postgres,
          name,
          databaseUrl,
        });
        measurements.push(...measured);
        for (const each of measured) this.#tell(round, each);
      }
    }
    return measurements;
  }

  /** Ours with an empty database and with a filled one, by turns. */
  async emptyAndFilled(): Promise<Measurement[]> {
    const { options, postgres } = this;
    const connections = [COMPARED_CONNECTIONS];
    const measurements: Measurement[] = [];
    const filledUrl = await this.#fill();
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const subject of ['empty', 'filled']) {
        const databaseUrl = subject === 'filled' ? filledUrl : await postgres.create(EMPTY);
        const assignment = { ...options, postgres, name: 'ours', subject, databaseUrl, connections } as const;
        const measured = await measureContender(this.#load, assignment);
        measurements.push(...measured);
        for (const each of measured) this.#tell(round, each);
      }
    }
    return measurements;
  }

  /** How long callbacks take to the ledger when they come at a steady rate. */
  async ledgerLatencies(): Promise<LedgerLatency[]> {
    const { rounds, seconds, warmUpSeconds } = this.options;
    const latencies: LedgerLatency[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const databaseUrl = await this.postgres.create(EMPTY);
      const latency = await withContender({ name: 'everything', databaseUrl, profile: null }, (_, port) =>
        this.#load.ask('ledgerLatency', {
          port,
          databaseUrl,
          perSecond: LEDGER_PER_SECOND,
          warmUpSeconds,
          seconds,
        }),
      );
      const { ok, notOk, missing } = latency;
      if (notOk > 0) throw new VoidRun(`ledger: ${notOk} callbacks were not answered with 200`);
      if (missing > 0) throw new VoidRun(`ledger: ${missing} of ${ok} rows did not come`);
      latencies.push(latency);
      this.log(
        `round ${round}  ledger at ${LEDGER_PER_SECOND}/s: p50 ${Math.round(latency.p50Ms)} ms, p99 ${Math.round(latency.p99Ms)} ms`,
      );
    }
    return latencies;
  }

  async end(): Promise<void> {
    await this.#load.end();
  }

  async #fill(): Promise<string> {
    const { stored } = this.options;
    const start = performance.now();
    const databaseUrl = await this.postgres.create(FILLED);
    await withContender({ name: 'ours', databaseUrl, profile: null }, async (_, port) => {
      const originals = new OpenLoop(port);
      await originals.send(ORIGINALS, 1, () => undefined);
      await originals.close();
    });
    await fillDatabase(databaseUrl, stored);
    const rows = await countRows(databaseUrl, 'esms.messages');
    this.log(`${rows.toLocaleString('en')} messages stored in ${Math.round((performance.now() - start) / 1_000)} s`);
    return databaseUrl;
  }

  #tell(round: number, measurement: Measurement): void {
    const { subject, connections, perSecond, p50Ms, p99Ms, busy } = measurement;
    const figures = [
      `${Math.round(perSecond)}/s`,
      `p50 ${p50Ms.toFixed(1)} ms`,
      `p99 ${p99Ms.toFixed(1)} ms`,
      `${Math.round(microsecondsEach(measurement))} µs each`,
      `busy: ${Object.entries(busy)
        .map(([name, processors]) => `${name} ${processors.toFixed(2)}`)
        .join(', ')}`,
    ];
    this.log(`round ${round}  ${subject} at ${connections} connections: ${figures.join(', ')}`);
  }
}
