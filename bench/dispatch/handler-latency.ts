import { setTimeout as sleep } from 'node:timers/promises';
import { DispatchHost } from './dispatch-host.js';

/** From a callback to the handler of its event, with nothing else to do. */
export interface HandlerLatency {
  p50Ms: number;
  p99Ms: number;
}

const CALLBACKS = 300;
const PAUSE_MS = 15;

export async function measureHandlerLatency({ databaseUrl }: { databaseUrl: string }): Promise<HandlerLatency> {
  let handled: () => void = () => undefined;
  const host = await DispatchHost.start(databaseUrl, { count: 1, batch: null, handle: () => handled() });
  const latencies: number[] = [];
  for (let index = 0; index < CALLBACKS; index += 1) {
    await sleep(PAUSE_MS);
    const first = new Promise<void>((resolve) => (handled = resolve));
    const start = performance.now();
    await host.receiveOne();
    await first;
    latencies.push(performance.now() - start);
  }
  await host.close();
  const sorted = latencies.toSorted((one, other) => one - other);
  const percentile = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50Ms: percentile(0.5), p99Ms: percentile(0.99) };
}
