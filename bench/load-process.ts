import { ClosedLoop, type Measured, type Totals } from './load/closed-loop.js';
import { type LedgerLatency, measureLedgerLatency } from './load/ledger-latency.js';
import { answerParent } from './processes/answer-parent.js';

let loop: ClosedLoop | null = null;

const opened = (): ClosedLoop => {
  if (loop === null) throw new Error('no load is open');
  return loop;
};

const questions = {
  /** Starts to send callbacks, and goes on. */
  open: async ({ port, connections }: { port: number; connections: number }): Promise<void> => {
    loop = await ClosedLoop.open(port, connections);
  },
  measure: ({ seconds }: { seconds: number }): Promise<Measured> => opened().measure(seconds),
  close: (): Promise<Totals> => opened().close(),
  /** A load of its own: at a steady rate, until every ledger row was seen. */
  ledgerLatency: (load: Parameters<typeof measureLedgerLatency>[0]): Promise<LedgerLatency> =>
    measureLedgerLatency(load),
};

/** What the load generator's process is asked. */
export type LoadQuestions = typeof questions;

answerParent(questions);
