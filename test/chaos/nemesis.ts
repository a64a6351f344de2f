import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyMode } from '../support/database-proxy.js';
import type { ChaosPostgres } from './chaos-postgres.js';
import { Random } from './random.js';
import type { Replica } from './replica.js';

/** The longest that PostgreSQL stays away. */
const LONGEST_OUTAGE_MS = 14_000;
/**
 * nginx asks each replica once for a request. One that was refused by a replica that was down, and waits for the commit
 * of another, would not be brought to the first again: it is let finish before the other is ended.
 */
const LONGEST_ANSWER_MS = 2_000;
const NETWORK_FAULTS: readonly ProxyMode[] = ['refuse', 'black-hole', 'slow', 'drop-after-commit', 'drop-after-commit'];

/** Breaks things, one after the other, in an order that only the seed decides. */
export class Nemesis {
  /** How often it did what. */
  readonly deeds = new Map<string, number>();
  #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly random: Random,
    private readonly replicas: readonly Replica[],
    private readonly postgres: ChaosPostgres,
    /** Scales all of its pauses. */
    private readonly pace: number,
  ) {}

  /** Processes and database at the same time, so that a replica also dies while its spool is all it has. */
  start(): void {
    const seeds = [this.random, new Random(this.random.whole(1, 1e9))] as const;
    this.#running = Promise.all([this.#endReplicas(seeds[0]), this.#spoilDatabase(seeds[1])]);
  }

  /** Ends when everything is whole again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const { proxy } of this.replicas) proxy.set('pass');
    await Promise.all(this.replicas.map((replica) => replica.ready()));
  }

  async #endReplicas(random: Random): Promise<void> {
    while (await this.#goesOn(random)) {
      await this.#endReplica(random.pick(this.replicas), random.next() < 0.75 ? 'SIGKILL' : 'SIGTERM');
    }
  }

  async #spoilDatabase(random: Random): Promise<void> {
    while (await this.#goesOn(random)) {
      if (random.next() < 0.4) await this.#endPostgres(random);
      else await this.#spoilNetwork(random);
    }
  }

  /** Whether it is not over after a pause. */
  async #goesOn(random: Random): Promise<boolean> {
    await this.#wait(random.between(500, 5_000) * this.pace);
    return !this.#stopping.signal.aborted;
  }

  /** Never the only one that is up: then nobody is there to receive, which no code of a receiver can mend. */
  async #endReplica(replica: Replica, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const others = this.replicas.filter((each) => each !== replica);
    if (!(await Promise.all(others.map((each) => each.isUp()))).includes(true)) return;
    this.#count(signal === 'SIGKILL' ? 'replica killed' : 'replica stopped');
    const { starts } = replica;
    replica.signal(signal);
    while (replica.starts === starts) await sleep(20);
    await replica.ready();
    await this.#wait(LONGEST_ANSWER_MS);
  }

  async #endPostgres(random: Random): Promise<void> {
    const isLong = random.next() < 0.3;
    const outage = isLong ? LONGEST_OUTAGE_MS : random.between(300, 3_000);
    this.#count(isLong ? 'PostgreSQL killed, away 14 s' : 'PostgreSQL killed');
    this.postgres.kill();
    await this.#wait(outage * Math.min(1, this.pace * 2));
    await this.postgres.revive();
  }

  async #spoilNetwork(random: Random): Promise<void> {
    const mode = random.pick(NETWORK_FAULTS);
    const struck = random.next() < 0.5 ? this.replicas : [random.pick(this.replicas)];
    this.#count(`network: ${mode}`);
    for (const { proxy } of struck) proxy.set(mode, random.whole(50, 900));
    await this.#wait(random.between(200, mode === 'drop-after-commit' ? 1_000 : 6_000) * this.pace);
    for (const { proxy } of struck) proxy.set('pass');
  }

  #count(deed: string): void {
    this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1);
  }

  /** Cut short by the end of it all. */
  async #wait(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
