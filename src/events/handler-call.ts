import type { SqlRunner } from '../database/sql-runner.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { EsmsError } from '../domain/errors.js';
import type { EsmsDelivery } from './esms-delivery.js';
import type { SubscriberHandler } from './subscriber.js';

/** How a call went. */
export interface CallResult {
  /** null where it went well. */
  error: Error | null;
  /** Whether the handler marked the delivery itself. */
  isMarked: boolean;
}

/**
 * Calls a handler once, for as long as it may take. Does not throw.
 * @param complete what its `delivery.complete` does
 */
export async function callHandler(
  handler: SubscriberHandler,
  events: readonly EsmsEvent[],
  attempt: number,
  complete: (runner: SqlRunner) => Promise<void>,
): Promise<CallResult> {
  const timer = new AbortController();
  let isMarked = false;
  const delivery: EsmsDelivery = {
    attempt,
    signal: timer.signal,
    complete: async (runner) => {
      await complete(runner);
      isMarked = true;
    },
  };
  try {
    await inTime(handler, timer, handler.call(events, delivery));
    return { error: null, isMarked };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)), isMarked };
  }
}

/** A call that goes on after its time is nobody's any more: its mark will be refused, its error heard by no one. */
async function inTime(handler: SubscriberHandler, timer: AbortController, call: Promise<void>): Promise<void> {
  const { place, timeoutMs } = handler;
  call.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    const timeout = setTimeout(() => {
      const error = new EsmsError('handler_timeout', `${place} took longer than ${timeoutMs} ms`);
      timer.abort(error);
      reject(error);
    }, timeoutMs);
    call.then(resolve, reject).finally(() => clearTimeout(timeout));
  });
}
