import { UnfitDatabase } from './fitness.js';

/** What drivers say when PostgreSQL cannot be reached, is starting or shutting down, or has no connection to spare. */
const AWAY_CODE = /^(ECONN|EHOST|ENET|ENOENT|ETIMEDOUT|EPIPE|EAI_AGAIN|ENOTFOUND|08|57P0|53)/;
const AWAY_MESSAGE =
  /connection terminated|timeout expired|timeout exceeded when trying to connect|query read timeout|not connected|data ?source is not/i;

/** Whether an error says that the database is away, or that it is unfit, which comes to the same. */
export function isAway(error: unknown): boolean {
  if (error instanceof UnfitDatabase) return true;
  const { code, message, driverError } = (error ?? {}) as { code?: unknown; message?: unknown; driverError?: unknown };
  if (typeof code === 'string' && AWAY_CODE.test(code)) return true;
  if (typeof message === 'string' && AWAY_MESSAGE.test(message)) return true;
  return driverError !== undefined && isAway(driverError);
}
