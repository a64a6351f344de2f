import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** What takes too long for the default suite; its waits are real, so one file at a time has the machine for itself. */
export default mergeConfig(
  defineConfig({ ...base, test: { ...base.test, include: [] } }),
  defineConfig({ test: { include: ['test/chaos/*.spec.ts'], fileParallelism: false } }),
);
