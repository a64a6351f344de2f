import { ProblemList } from './problem-list.js';

/** Every name of the structure. */
export const STRUCTURE_NAMES = [
  'path',
  'callbacks',
  'api',
  'health',
  'billing',
  'crm',
  'dispatcher',
  'webhooks',
  'imports',
] as const;

const DISPATCHER = ['maxAttempts', 'leaseMs', 'backoffMs', 'pollMs', 'retentionDays'] as const;
const WEBHOOKS = [
  'allowPrivateNetworks',
  'timeoutMs',
  'retryMs',
  'disableAfterHours',
  'concurrency',
  'attemptsKept',
  'perAccount',
] as const;

/** Plain characters: a parameter or a wildcard in it would take the token's place in the route. */
const PATH = /^[\w.~/-]*$/;

/** Every problem of the structure, whatever was given for it. */
export function structureProblems(structure: unknown): string[] {
  const problems = new ProblemList();
  const given = problems.fields('', structure, STRUCTURE_NAMES);
  if (given.path !== undefined && !(typeof given.path === 'string' && PATH.test(given.path))) {
    problems.note('path', 'segments of letters, digits and . _ ~ - only');
  }
  checkDecorators(problems, 'callbacks', given.callbacks);
  for (const name of ['api', 'health'] as const) {
    if (given[name] !== false) checkDecorators(problems, name, given[name]);
  }
  for (const name of ['billing', 'crm'] as const) {
    problems.flag(name, given[name]);
  }
  if (given.dispatcher !== undefined && given.dispatcher !== false) checkDispatcher(problems, given.dispatcher);
  if (given.webhooks !== undefined && given.webhooks !== false) checkWebhooks(problems, given.webhooks);
  if (given.imports !== undefined && !Array.isArray(given.imports))
    problems.note('imports', 'a list of modules is needed');
  return problems.items;
}

function checkDecorators(problems: ProblemList, name: string, given: unknown): void {
  if (given === undefined) return;
  const { decorators = [] } = problems.fields(name, given, ['decorators']);
  const fits = Array.isArray(decorators) && decorators.every((each) => typeof each === 'function');
  if (!fits) problems.note(`${name}.decorators`, 'a list of decorators is needed');
}

function checkDispatcher(problems: ProblemList, given: unknown): void {
  const { retentionDays, ...whole } = problems.fields('dispatcher', given, DISPATCHER);
  const known = DISPATCHER.filter((name) => name !== 'retentionDays').map((name) => [name, whole[name]] as const);
  problems.numbers('dispatcher', Object.fromEntries(known), { whole: true });
  problems.numbers('dispatcher', { retentionDays }, { whole: false });
}

function checkWebhooks(problems: ProblemList, given: unknown): void {
  const { allowPrivateNetworks, retryMs, disableAfterHours, ...whole } = problems.fields('webhooks', given, WEBHOOKS);
  problems.flag('webhooks.allowPrivateNetworks', allowPrivateNetworks);
  const { timeoutMs, concurrency, attemptsKept, perAccount } = whole;
  problems.numbers('webhooks', { timeoutMs, concurrency, attemptsKept, perAccount }, { whole: true });
  problems.numbers('webhooks', { disableAfterHours }, { whole: false });
  const waits: unknown[] | null = Array.isArray(retryMs) ? retryMs : null;
  const fits = waits !== null && waits.length > 0 && waits.every((wait) => Number.isFinite(wait) && Number(wait) > 0);
  if (retryMs !== undefined && !fits)
    problems.note('webhooks.retryMs', 'a list of numbers greater than zero is needed');
}
