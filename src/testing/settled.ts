import { setTimeout } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { CallbackSpool } from '../callbacks/callback-spool.js';
import { EsmsReadiness } from '../database/esms-readiness.js';
import { OpenWork } from '../events/open-work.js';

/** How long to wait. */
export interface SettledOptions {
  /** In milliseconds. @default 30_000 */
  timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const INTERVAL_MS = 20;

/**
 * Ends when an application has done everything there is to do: the spool is empty, and every stored event was handled by
 * every subscriber that is hosted, or is parked (or waits behind one of its message that is). A subscriber that is paused
 * is not waited for. Rejects after a time, with what is left.
 */
export async function settled(
  app: INestApplicationContext,
  { timeoutMs = TIMEOUT_MS }: SettledOptions = {},
): Promise<void> {
  const end = performance.now() + timeoutMs;
  await app.get(EsmsReadiness, { strict: false }).whenReady({ timeoutMs });
  for (;;) {
    const left = await leftIn(app);
    if (left.length === 0) return;
    if (performance.now() > end) throw new Error(`not settled within ${timeoutMs} ms: ${left.join(', ')}`);
    await setTimeout(INTERVAL_MS);
  }
}

/** In words. The spool first: what leaves it becomes an event. */
async function leftIn(app: INestApplicationContext): Promise<string[]> {
  if (!(await app.get(CallbackSpool, { strict: false }).isEmpty())) return ['callbacks are in the spool'];
  const busy = await app.get(OpenWork, { strict: false }).busy();
  return busy.map(({ name, open }) => `${name} has ${open} events to go`);
}
