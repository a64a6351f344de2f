import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** What takes too long for the default suite; its waits are real. */
export default mergeConfig(
  defineConfig({ ...base, test: { ...base.test, include: [] } }),
  defineConfig({ test: { include: ['test/chaos/*.spec.ts'] } }),
);
