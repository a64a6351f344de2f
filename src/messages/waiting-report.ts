import type { ReceivedReport } from './received-report.js';

/** Whether whoever brought a report still waits for it; one that nobody waits for is not begun any more, and rejected. */
export interface Patience {
  isOver: boolean;
  /** How long to try again where another transaction holds the message, in milliseconds. @default 1_000 */
  readonly lockMs?: number;
}

/** A report on its way into the database. */
export interface WaitingReport {
  received: ReceivedReport;
  patience: Patience | undefined;
  resolve: () => void;
  reject: (error: unknown) => void;
}
