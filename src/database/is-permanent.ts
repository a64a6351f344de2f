import { sqlStateOf } from './sql-state.js';

/**
 * SQLSTATE classes that the same statement with the same data will always meet: bad data (22), a broken constraint
 * (23), a limit of the program (54). Not a unique violation (23505): two writers met, and the later one, run again, sees
 * what the earlier one wrote; nor a division by zero (22012), by which a statement of ours says that a row was not as we
 * had locked it. Every other error, known or not, is taken for a passing one, since that errs
 * towards trying again and not towards losing: a connection lost in a commit has no code at all (measured), and then
 * the row may be there.
 */
const PERMANENT = /^(22(?!012)|23(?!505)|54)/;

/** Whether trying the transaction again cannot help. */
export function isPermanent(error: unknown): boolean {
  return PERMANENT.test(sqlStateOf(error));
}
