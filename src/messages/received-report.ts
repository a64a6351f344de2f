import type { Report } from '../domain/report.js';

/** A report with the bytes it was made from. */
export interface ReceivedReport {
  report: Report;
  /** The query string as it came; null for what came in another way. */
  raw: Buffer | null;
}
