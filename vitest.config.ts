import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/closing-line-reporter.js';

export default defineConfig({
  test: {
    include: ['test/{unit,contract,integration,e2e}/**/*.spec.ts'],
    globalSetup: 'test/support/global-setup.ts',
    pool: 'forks',
    // Most of a file's time it waits; one at a time, as Vitest would on two cores, takes twice as long.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Far beyond what anything takes on a busy machine: a test waits for conditions, and this only ends one that hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 90_000, interval: 20 } },
    reporters: ['default', new ClosingLineReporter()],
  },
});
