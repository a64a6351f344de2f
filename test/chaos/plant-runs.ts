import type { ChaosOptions } from './options.js';
import type { PlantName } from './plants.js';

/** A run that is known to bring a planted bug to light. */
type PlantRun = Pick<ChaosOptions, 'seed' | 'calls' | 'pace'>;

const USUAL: PlantRun = { seed: 1, calls: 5_000, pace: 0.4 };

/** For each planted bug a run, well above the smallest, in which it was found. */
export const PLANT_RUNS: Readonly<Record<PlantName, PlantRun>> = {
  'answer-before-commit': { seed: 1, calls: 12_000, pace: 0.4 },
  'no-receipt-key': USUAL,
  '503-while-away': USUAL,
  'statement-retry': USUAL,
  'no-error-listeners': USUAL,
  'bytes-written-ignored': USUAL,
  'flush-forgotten': { seed: 3, calls: 8_000, pace: 1 },
  'gap-forgotten': USUAL,
  'gap-closed-too-early': USUAL,
  'advance-without-lease': USUAL,
  'commit-not-flushed': USUAL,
  'billed-apart-from-its-mark': USUAL,
  'unlinked-before-applied': { seed: 2, calls: 10_000, pace: 0.4 },
};
