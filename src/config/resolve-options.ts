import { EsmsError } from '../domain/errors.js';
import type { EsmsOptions, EsmsStructure, ResolvedOptions, ResolvedStructure } from './options.js';

/** What a callback token or an API key is made of. */
export const SECRET_PATTERN = /^[A-Za-z0-9_-]{16,}$/;

/** What the name of an account or of a schema is made of. */
export const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const DISPATCHER = { maxAttempts: 10, leaseMs: 15_000, backoffMs: 500, pollMs: 1_000, retentionDays: 7 };

const HOUR_MS = 3_600_000;
const GIBIBYTE = 2 ** 30;

/** The options with defaults. Throws one {@link EsmsError} `options_invalid` that lists every problem by name. */
export function resolveOptions(options: EsmsOptions): ResolvedOptions {
  const problems = problemsOf(options);
  if (problems.length > 0) {
    throw new EsmsError(
      'options_invalid',
      `nestjs-esms cannot start:\n${problems.map((each) => `- ${each}`).join('\n')}`,
    );
  }
  const { database, publicUrl, spool = false, silenceHours = 72, reportsAlarm = 1_000 } = options;
  return {
    accounts: new Map(Object.entries(options.accounts).map(([name, { tokens }]) => [name, tokens])),
    publicUrl: publicUrl ?? null,
    database: { schema: 'esms', migrations: 'run', ingestConnections: 4, workConnections: 6, ...database },
    spool: spool === false ? false : { maxBytes: GIBIBYTE, durability: 'disk', ...spool },
    silenceMs: silenceHours * HOUR_MS,
    reportsAlarm,
  };
}

/** The structure with defaults. */
export function resolveStructure(structure: EsmsStructure): ResolvedStructure {
  const { dispatcher, api = false } = structure;
  return {
    path: structure.path ?? '',
    callbacks: { decorators: structure.callbacks?.decorators ?? [] },
    api: api === false ? false : { decorators: api.decorators ?? [] },
    billing: structure.billing ?? true,
    crm: structure.crm ?? true,
    dispatcher: dispatcher === false ? false : { ...DISPATCHER, ...dispatcher },
    imports: structure.imports ?? [],
  };
}

function problemsOf({ accounts, publicUrl, database, spool, silenceHours, reportsAlarm }: EsmsOptions): string[] {
  const problems: string[] = [];
  const names = Object.keys(accounts ?? {});
  if (names.length === 0) problems.push('accounts: at least one account with a callback token is needed');
  for (const name of names) problems.push(...accountProblems(name, accounts[name]?.tokens));
  const all = names.flatMap((name) => accounts[name]?.tokens ?? []);
  if (new Set(all).size < all.length) problems.push('accounts: a token is given twice; it must tell one account');
  if (publicUrl !== undefined && !URL.canParse(publicUrl)) problems.push('publicUrl: not a URL');
  if (!/^postgres(ql)?:\/\//.test(database?.url ?? '')) problems.push('database.url: a postgres:// URL is needed');
  if (database?.schema !== undefined && !NAME_PATTERN.test(database.schema)) {
    problems.push('database.schema: letters, digits and _ only');
  }
  if (spool && !spool.directory) problems.push('spool.directory: a directory is needed');
  const { ingestConnections, workConnections } = database ?? {};
  const positive = { silenceHours, reportsAlarm, ingestConnections, workConnections };
  for (const [name, value] of Object.entries(positive)) {
    if (value !== undefined && !(value > 0)) problems.push(`${name}: must be greater than zero`);
  }
  return problems;
}

function accountProblems(name: string, tokens: readonly string[] | undefined): string[] {
  const problems: string[] = [];
  if (!NAME_PATTERN.test(name)) problems.push(`accounts.${name}: a name has letters, digits and _ only`);
  if (tokens === undefined || tokens.length === 0) problems.push(`accounts.${name}.tokens: at least one is needed`);
  for (const [index, token] of (tokens ?? []).entries()) {
    if (!SECRET_PATTERN.test(token)) {
      problems.push(`accounts.${name}.tokens[${index}]: 16 or more characters of A-Z a-z 0-9 _ -`);
    }
  }
  return problems;
}
