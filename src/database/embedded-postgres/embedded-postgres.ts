/** A PostgreSQL server that answers. */
export interface EmbeddedPostgres {
  /** `postgres://user:password@127.0.0.1:port/database`, of a superuser. */
  readonly url: string;

  /** Whether `stop` stops the server; false when another living process has it. */
  readonly owner: boolean;

  /**
   * Stops the server if we own it, and waits for its end. Calling it again changes nothing.
   * @throws Error when the server has not ended after a minute
   */
  stop(): Promise<void>;
}
