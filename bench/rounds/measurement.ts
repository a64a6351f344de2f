/** How many processors were busy during the interval, and with what. */
export interface Busy {
  contender: number;
  generator: number;
  /** 0 where the system does not tell: it is in `other` then. */
  postgres: number;
  other: number;
}

/** What was measured of one contender at one number of connections, in one round. */
export interface Measurement {
  /** A contender's name, or another that tells figures apart. */
  subject: string;
  connections: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  busy: Busy;
  /** After the load, until the tables that follow had caught up; null where none follow. */
  caughtUpSeconds: number | null;
}

/** Processor time of the contender and of PostgreSQL for one callback, in microseconds. */
export function microsecondsEach({ busy, perSecond }: Measurement): number {
  return ((busy.contender + busy.postgres) / perSecond) * 1e6;
}
