import type { ClaimCost } from '../dispatch/claim-cost.js';
import type { EventRate } from '../dispatch/event-rate.js';
import type { HandlerLatency } from '../dispatch/handler-latency.js';
import type { DispatchQuestions } from '../dispatch-process.js';
import type { BenchPostgres } from '../postgres/bench-postgres.js';
import { Child } from '../processes/child.js';

/** What the dispatcher does, apart from callbacks. */
export interface DispatchResults {
  rates: readonly EventRate[];
  handlerLatency: HandlerLatency;
  claimCost: ClaimCost;
}

const DATABASE = 'bench_dispatch';
const BATCH = 200;

/** Measures the dispatcher, each figure in a process and on a database of its own. */
export async function measureDispatch(postgres: BenchPostgres, log: (line: string) => void): Promise<DispatchResults> {
  const rates: EventRate[] = [];
  for (const subscribers of [1, 3]) {
    for (const batch of [null, BATCH]) {
      const rate = await asking(postgres, (child, databaseUrl) =>
        child.ask('eventRate', { databaseUrl, subscribers, batch }),
      );
      rates.push(rate);
      log(`${subscribers} subscribers, ${batch ?? 1} a call: ${Math.round(rate.perSecond)} events/s to each`);
    }
  }
  const handlerLatency = await asking(postgres, (child, databaseUrl) => child.ask('handlerLatency', { databaseUrl }));
  const claimCost = await asking(postgres, (child, databaseUrl) => child.ask('claimCost', { databaseUrl }));
  return { rates, handlerLatency, claimCost };
}

async function asking<Result>(
  postgres: BenchPostgres,
  work: (child: Child<DispatchQuestions>, databaseUrl: string) => Promise<Result>,
): Promise<Result> {
  const child = Child.start<DispatchQuestions>('dispatch-process');
  try {
    return await work(child, await postgres.create(DATABASE));
  } finally {
    await child.end();
  }
}
