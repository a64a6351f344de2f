/** What a connection tells of its server and database, without reading a table. */
interface Properties {
  version: number;
  versionText: string;
  encoding: string;
  clientEncoding: string;
  isStandby: boolean;
  readOnly: 'on' | 'off';
}

/** Asks a connection for them. */
export const PROPERTIES_SQL = `
  select current_setting('server_version_num')::int as version, current_setting('server_version') as "versionText",
    current_setting('server_encoding') as encoding, current_setting('client_encoding') as "clientEncoding",
    pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only') as "readOnly"`;

/** What we need, each in words for one that is not so. */
const NEEDS: readonly ((is: Properties) => string | false)[] = [
  ({ version, versionText }) => version < 140_000 && `its PostgreSQL is ${versionText}, and must be 14 or newer`,
  // Names, texts of errors and metadata are Vietnamese, and what came over the wire is any Unicode.
  ({ encoding }) => encoding !== 'UTF8' && `its encoding is ${encoding}, and must be UTF8`,
  ({ clientEncoding }) =>
    clientEncoding !== 'UTF8' && `its connections speak ${clientEncoding} (client_encoding), and must speak UTF8`,
  ({ isStandby }) => isStandby && 'it is a standby, which stores nothing',
  ({ isStandby, readOnly }) => !isStandby && readOnly === 'on' && 'it is read-only (default_transaction_read_only)',
];

/** The database is there, and not as we need it: until somebody changes that, it is taken for one that is away. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';

  constructor(problems: readonly string[]) {
    super(`the database is unfit: ${problems.join('; ')}`);
  }
}

/** Throws {@link UnfitDatabase} with everything that is not as we need it. */
export function demandFit(properties: unknown): void {
  const problems = NEEDS.flatMap((problemOf) => problemOf(properties as Properties) || []);
  if (problems.length > 0) throw new UnfitDatabase(problems);
}
