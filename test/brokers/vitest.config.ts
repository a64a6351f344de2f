import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** What needs the servers of brokers. */
export default mergeConfig(
  defineConfig({ ...base, test: { ...base.test, include: [] } }),
  defineConfig({ test: { include: ['test/brokers/*.spec.ts'], testTimeout: 120_000, hookTimeout: 120_000 } }),
);
