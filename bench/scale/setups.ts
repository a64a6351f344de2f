/** So many replicas, under so much load. */
export interface Setup {
  label: string;
  replicas: number;
  /** How many of them also deliver events; the others only receive. */
  dispatchers: number;
  /** Connections of the load generator, each with one callback under way. */
  connections: number;
}

/** Measured by turns, in this order. */
export const SETUPS: readonly Setup[] = [
  { label: '1 replica', replicas: 1, dispatchers: 1, connections: 128 },
  { label: '2 replicas', replicas: 2, dispatchers: 2, connections: 256 },
  { label: '4 replicas', replicas: 4, dispatchers: 4, connections: 512 },
  { label: '4, one of them delivers', replicas: 4, dispatchers: 1, connections: 512 },
  { label: '4, load of one', replicas: 4, dispatchers: 4, connections: 128 },
];
