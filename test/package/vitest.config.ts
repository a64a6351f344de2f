import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** The package as a stranger gets it: each spec packs it and installs it from the registry. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/package/*.spec.ts'],
    globalSetup: 'test/package/global-setup.ts',
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 600_000,
  },
});
