import { EVENT_TYPES } from '../domain/domain-event.js';
import { EsmsError } from '../domain/errors.js';
import { optionProblems } from './option-problems.js';
import type { EsmsOptions, EsmsStructure, HostDecorator, ResolvedOptions, ResolvedStructure } from './options.js';
import { structureProblems } from './structure-problems.js';

const DISPATCHER = { maxAttempts: 10, leaseMs: 15_000, backoffMs: 500, pollMs: 1_000, retentionDays: 7 };

const RELAY = { types: EVENT_TYPES, mode: 'structured', includeRecipient: false } as const;
const RABBITMQ = { ...RELAY, exchange: 'esms.events' } as const;
const NATS = { ...RELAY, subjectPrefix: 'esms.events', stream: 'ESMS_EVENTS' } as const;

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What Standard Webhooks suggests. */
const WEBHOOKS = {
  allowPrivateNetworks: false,
  timeoutMs: 15 * SECOND_MS,
  retryMs: [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS)],
  disableAfterHours: 72,
  concurrency: 4,
  attemptsKept: 500,
  perAccount: 100,
};

const GIBIBYTE = 2 ** 30;

/**
 * The options with defaults. Throws one {@link EsmsError} `options_invalid` that lists every problem by name, those of
 * the structure too.
 */
export function resolveOptions(options: EsmsOptions, structure: EsmsStructure = {}): ResolvedOptions {
  const problems = [...optionProblems(options), ...structureProblems(structure)];
  if (problems.length > 0) {
    const list = problems.map((each) => `- ${each}`).join('\n');
    throw new EsmsError('options_invalid', `nestjs-esms cannot start:\n${list}`, { problems });
  }
  const { database, publicUrl, spool, silenceHours = 72, reportsAlarm = 1_000, lookupsPerMinute = 30 } = options;
  const { rabbitmq = false, nats = false } = options.relays ?? {};
  const { url, options: parts, ...settings } = database;
  return {
    accounts: new Map(Object.entries(options.accounts).map(([name, { tokens }]) => [name, tokens])),
    publicUrl: publicUrl ?? null,
    database: {
      connection: url === undefined ? parts : { connectionString: url },
      ...withDefaults({ schema: 'esms', migrations: 'run', ingestConnections: 4, workConnections: 6 }, settings),
    },
    spool: spool === false ? false : withDefaults({ maxBytes: GIBIBYTE, durability: 'disk' }, spool),
    relays: { rabbitmq: rabbitmq && withDefaults(RABBITMQ, rabbitmq), nats: nats && withDefaults(NATS, nats) },
    silenceMs: silenceHours * HOUR_MS,
    reportsAlarm,
    lookupsPerMinute,
  };
}

/** The structure with defaults. Throws nothing: what is wrong with it is told at boot, together with the options. */
export function resolveStructure(structure: EsmsStructure): ResolvedStructure {
  const { path, callbacks, api, health, dispatcher, webhooks, imports, billing = true, crm = true } = structure;
  return {
    path: typeof path === 'string' ? path : '',
    callbacks: { decorators: decoratorsIn(callbacks) },
    api: api === undefined || api === false ? false : { decorators: decoratorsIn(api) },
    health: (health ?? api ?? false) === false ? false : { decorators: decoratorsIn(health || undefined) },
    billing,
    crm,
    dispatcher: dispatcher === false ? false : withDefaults(DISPATCHER, dispatcher ?? {}),
    webhooks: webhooks ? withDefaults(WEBHOOKS, webhooks) : false,
    imports: Array.isArray(imports) ? imports : [],
  };
}

function decoratorsIn(given: { decorators?: HostDecorator[] } | undefined): HostDecorator[] {
  const decorators = given?.decorators;
  return Array.isArray(decorators) ? decorators.filter((each) => typeof each === 'function') : [];
}

/** One that is given as undefined is not given. */
function withDefaults<Defaults extends object, Given extends object>(
  defaults: Defaults,
  given: Given,
): Defaults & Required<Given> {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(said) } as Defaults & Required<Given>;
}
