import { vi } from 'vitest';

/**
 * Resolves when `condition` no longer throws, with what it gives. The time is that of a machine that has much else to do;
 * only a test that fails takes it.
 */
export function eventually<Result>(condition: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(condition, { timeout: 90_000, interval: 10 });
}
