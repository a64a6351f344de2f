/** The embedded PostgreSQL cannot run on this machine; its message names the platform, the reason and the way out. */
export class EmbeddedPostgresUnavailableError extends Error {
  override readonly name = 'EmbeddedPostgresUnavailableError';

  constructor(platform: string, reason: string, cause: unknown) {
    super(
      `The embedded PostgreSQL does not run on ${platform}: ${reason}. ` +
        'Use a PostgreSQL server of your own (14 or newer): DATABASE_URL of the service, url of a test database.',
      { cause },
    );
  }
}
