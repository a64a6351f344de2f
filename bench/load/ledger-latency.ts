import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerWatch } from './ledger-watch.js';
import { type DueCallback, OpenLoop } from './open-loop.js';

/** How long callbacks take to the ledger. */
export interface LedgerLatency {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  longestMs: number;
  /** Every callback, the warm-up's too. */
  ok: number;
  notOk: number;
  /** Callbacks whose row did not come. */
  missing: number;
}

const PATIENCE_MS = 60_000;
const POLL_MS = 50;

/** From the moment a callback is due to be sent until a reader can see its ledger row. */
export async function measureLedgerLatency(load: {
  port: number;
  databaseUrl: string;
  perSecond: number;
  warmUpSeconds: number;
  seconds: number;
}): Promise<LedgerLatency> {
  const { perSecond, warmUpSeconds, seconds } = load;
  const watch = new LedgerWatch(load.databaseUrl);
  await watch.start();
  const sent: DueCallback[] = [];
  const sender = new OpenLoop(load.port);
  await sender.send(perSecond, warmUpSeconds + seconds, (callback) => sent.push(callback));
  const notOk = await sender.close();
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(POLL_MS)) {
    if (watch.seenAt.size >= sent.length - notOk) break;
  }
  await watch.stop();
  const measured = sent.slice(perSecond * warmUpSeconds);
  const latencies = measured
    .flatMap(({ smsId, dueAt }) => {
      const seenAt = watch.seenAt.get(smsId);
      return seenAt === undefined ? [] : [seenAt - dueAt];
    })
    .toSorted((one, other) => one - other);
  const percentile = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
  return {
    perSecond,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    longestMs: percentile(1),
    ok: sent.length - notOk,
    notOk,
    missing: sent.filter(({ smsId }) => !watch.seenAt.has(smsId)).length,
  };
}
