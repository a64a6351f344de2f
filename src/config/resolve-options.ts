import { EVENT_TYPES } from '../domain/domain-event.js';
import { EsmsError } from '../domain/errors.js';
import type { EsmsOptions, EsmsStructure, RelaysOptions, ResolvedOptions, ResolvedStructure } from './options.js';

/** What a callback token or an API key is made of. */
export const SECRET_PATTERN = /^[A-Za-z0-9_-]{16,}$/;

/** What the name of an account or of a schema is made of. */
export const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const DISPATCHER = { maxAttempts: 10, leaseMs: 15_000, backoffMs: 500, pollMs: 1_000, retentionDays: 7 };

const RELAY = { types: EVENT_TYPES, mode: 'structured', includeRecipient: false } as const;

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
  const { rabbitmq = false, nats = false } = options.relays ?? {};
  return {
    accounts: new Map(Object.entries(options.accounts).map(([name, { tokens }]) => [name, tokens])),
    publicUrl: publicUrl ?? null,
    database: { schema: 'esms', migrations: 'run', ingestConnections: 4, workConnections: 6, ...database },
    spool: spool === false ? false : { maxBytes: GIBIBYTE, durability: 'disk', ...spool },
    silenceMs: silenceHours * HOUR_MS,
    reportsAlarm,
    relays: {
      rabbitmq: rabbitmq && { ...RELAY, exchange: 'esms.events', ...rabbitmq },
      nats: nats && { ...RELAY, subjectPrefix: 'esms.events', stream: 'ESMS_EVENTS', ...nats },
    },
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

function problemsOf(options: EsmsOptions): string[] {
  const { accounts, publicUrl, database, spool, silenceHours, reportsAlarm, relays } = options;
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
  return [...problems, ...relayProblems(relays)];
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

const RELAY_URLS = { rabbitmq: /^amqps?:\/\//, nats: /^(nats|tls):\/\// } as const;

function relayProblems(relays: RelaysOptions = {}): string[] {
  return Object.entries(RELAY_URLS).flatMap(([name, form]) => {
    const relay = relays[name as keyof RelaysOptions];
    if (!relay) return [];
    const { url, types = EVENT_TYPES, mode = RELAY.mode } = relay;
    const unknown = types.filter((type) => !EVENT_TYPES.includes(type));
    return [
      ...(form.test(url) && URL.canParse(url.split(',')[0] ?? '')
        ? []
        : [`relays.${name}.url: not a URL of such a broker`]),
      ...(types.length > 0 ? [] : [`relays.${name}.types: at least one is needed`]),
      ...unknown.map((type) => `relays.${name}.types: there is no event ${type}`),
      ...(mode === 'structured' || mode === 'binary' ? [] : [`relays.${name}.mode: structured or binary`]),
    ];
  });
}
