import { parseArgs } from 'node:util';
import { PLANT_NAMES, type PlantName } from './plants.js';

/** What a run is told. */
export interface ChaosOptions {
  seed: number;
  /** How many calls the gateway makes, retries not counted. */
  calls: number;
  replicas: number;
  atOnce: number;
  /** Most calls a second. */
  rate: number;
  /** Scales the pauses of the nemesis. */
  pace: number;
  leaseMs: number;
  plant: PlantName | null;
  /** How often each crash point is to be hit. */
  crashes: number;
  /** A PgBouncer in transaction mode between the replicas and PostgreSQL. */
  pooler: boolean;
  /** Keeps logs and data. */
  keep: boolean;
}

/** Reads `--seed 1 --callbacks 100000 …`; `--plant all` is for the caller to read. Throws on what it does not know. */
export function readOptions(given: readonly string[]): { options: ChaosOptions; everyPlant: boolean } {
  const { values } = parseArgs({
    args: [...given],
    options: {
      seed: { type: 'string', default: '1' },
      callbacks: { type: 'string', default: '20000' },
      minutes: { type: 'string' },
      replicas: { type: 'string', default: '2' },
      'at-once': { type: 'string', default: '64' },
      rate: { type: 'string', default: '400' },
      pace: { type: 'string', default: '1' },
      'lease-ms': { type: 'string', default: '5000' },
      plant: { type: 'string' },
      crashes: { type: 'string', default: '0' },
      pooler: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const rate = Number(values.rate);
  const everyPlant = values.plant === 'all';
  const plant = everyPlant || values.plant === undefined ? null : plantOf(values.plant);
  const calls =
    values.minutes === undefined ? Number(values.callbacks) : Math.round(Number(values.minutes) * 60 * rate);
  return {
    everyPlant,
    options: {
      seed: Number(values.seed),
      calls,
      replicas: Number(values.replicas),
      atOnce: Number(values['at-once']),
      rate,
      pace: Number(values.pace),
      leaseMs: Number(values['lease-ms']),
      plant,
      crashes: Number(values.crashes),
      pooler: values.pooler,
      keep: values.keep,
    },
  };
}

function plantOf(text: string): PlantName {
  const name = PLANT_NAMES.find((each) => each === text);
  if (name === undefined) throw new Error(`--plant is 'all' or one of ${PLANT_NAMES.join(', ')}`);
  return name;
}
