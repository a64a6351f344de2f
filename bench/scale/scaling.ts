import { median } from '../report/medians.js';
import type { DatabaseSeen } from './database-watch.js';
import type { Setup } from './setups.js';

/** Those whose processor time is told apart. */
export const PARTS = ['replicas', 'postgres', 'nginx', 'broker'] as const;

/** Processor time by part, in seconds or, of one callback, in microseconds. */
export type ByPart = Record<(typeof PARTS)[number], number>;

/** What was measured of one setup, in one round. */
export interface Scaling extends DatabaseSeen {
  setup: Setup;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time for one callback until all its events were delivered. */
  microseconds: ByPart;
  /** How many processors the load generator kept busy. */
  generatorBusy: number;
  /** How many the rest of the machine did: other work. */
  otherBusy: number;
  /** After the load, until every event was with billing, CRM and the broker. */
  deliveredSeconds: number;
  deadlocks: number;
  /** Of PostgreSQL, for one callback. */
  transactions: number;
  journalBytes: number;
  storedBytes: number;
  /** Callbacks answered with 200, each stored once. */
  answered: number;
  events: number;
  /** Events that the queue had more than once. */
  copies: number;
}

/** Of one setup: medians of rates and times; sums of counts; the most connections. */
export function medianScaling(rounds: readonly Scaling[]): Scaling {
  const [first] = rounds;
  if (first === undefined) throw new TypeError('no rounds');
  const middle = (of: (each: Scaling) => number): number => median(rounds.map(of));
  const sum = (of: (each: Scaling) => number): number => rounds.reduce((total, each) => total + of(each), 0);
  const part = (name: keyof ByPart): number => middle(({ microseconds }) => microseconds[name]);
  return {
    setup: first.setup,
    perSecond: middle((each) => each.perSecond),
    p50Ms: middle((each) => each.p50Ms),
    p99Ms: middle((each) => each.p99Ms),
    microseconds: {
      replicas: part('replicas'),
      postgres: part('postgres'),
      nginx: part('nginx'),
      broker: part('broker'),
    },
    generatorBusy: middle((each) => each.generatorBusy),
    otherBusy: middle((each) => each.otherBusy),
    deliveredSeconds: middle((each) => each.deliveredSeconds),
    samples: sum((each) => each.samples),
    connections: Math.max(...rounds.map((each) => each.connections)),
    rowLockWaiters: middle((each) => each.rowLockWaiters),
    otherLockWaiters: middle((each) => each.otherLockWaiters),
    journalWaiters: middle((each) => each.journalWaiters),
    deadlocks: sum((each) => each.deadlocks),
    transactions: middle((each) => each.transactions),
    journalBytes: middle((each) => each.journalBytes),
    storedBytes: middle((each) => each.storedBytes),
    answered: sum((each) => each.answered),
    events: sum((each) => each.events),
    copies: sum((each) => each.copies),
  };
}
