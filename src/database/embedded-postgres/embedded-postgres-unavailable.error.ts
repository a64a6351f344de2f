/** The embedded PostgreSQL cannot run on this machine; its message names the platform, the reason and the way out. */
export class EmbeddedPostgresUnavailableError extends Error {
  override readonly name = 'EmbeddedPostgresUnavailableError';

  constructor(platform: string, reason: string, cause: unknown) {
    super(
      `The embedded PostgreSQL does not run on ${platform}: ${reason}. ` +
        'Set DATABASE_URL to a PostgreSQL server of your own (14 or newer).',
      { cause },
    );
  }
}
