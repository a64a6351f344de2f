import { EsmsError } from '../domain/errors.js';

/** What `work` gives, or the {@link EsmsError} that it throws: one answer of many. */
export function refusable<Result>(work: () => Result): Result | EsmsError {
  try {
    return work();
  } catch (error) {
    if (error instanceof EsmsError) return error;
    throw error;
  }
}
