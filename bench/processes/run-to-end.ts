import { VoidRun } from '../rounds/void-run.js';

/** Ways to end what a run has started, the last one first. */
export type Ends = (() => Promise<unknown>)[];

/**
 * Runs a benchmark. What it put into `ends` is ended after it, and at a signal. A void run is told, and makes the exit
 * code 1.
 */
export async function runToEnd(work: (ends: Ends) => Promise<void>, log: (line: string) => void): Promise<void> {
  const ends: Ends = [];
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= endAll(ends));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(1)));
  try {
    await work(ends);
  } catch (error) {
    if (!(error instanceof VoidRun)) throw error;
    log(`VOID: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await stop();
  }
}

async function endAll(ends: Ends): Promise<void> {
  for (const end of ends.toReversed()) await end();
}
