/**
 * Another transaction holds what a callback needs, and that one alone, for longer than was waited: its message, what
 * links it, its copy in quarantine. It says nothing of the database, nor of other callbacks. Its code is PostgreSQL's own
 * for that, so that it counts as what it is: it passes.
 */
export class LockedByOthers extends Error {
  override readonly name = 'LockedByOthers';
  readonly code = '55P03';

  /** @param what is held: `message 7d11… of account default` */
  constructor(what: string, options?: ErrorOptions) {
    super(`another transaction holds ${what}`, options);
  }
}
