import { isPostgresUrl } from './is-postgres-url.js';
import { NAME_PATTERN, SECRET_PATTERN } from './patterns.js';
import { ProblemList } from './problem-list.js';
import { checkRelays } from './relay-problems.js';

const OPTIONS = [
  'accounts',
  'publicUrl',
  'database',
  'spool',
  'relays',
  'silenceHours',
  'reportsAlarm',
  'lookupsPerMinute',
] as const;
const DATABASE = ['url', 'options', 'schema', 'migrations', 'ingestConnections', 'workConnections'] as const;
const SPOOL = ['directory', 'maxBytes', 'durability'] as const;

/** Every problem of the options, whatever was given for them. */
export function optionProblems(options: unknown): string[] {
  const problems = new ProblemList();
  const given = problems.fields('', options, OPTIONS);
  checkAccounts(problems, given.accounts);
  checkPublicUrl(problems, given.publicUrl);
  checkDatabase(problems, given.database);
  checkSpool(problems, given.spool);
  if (given.relays !== undefined) checkRelays(problems, given.relays);
  problems.numbers('', { silenceHours: given.silenceHours }, { whole: false });
  const { reportsAlarm, lookupsPerMinute } = given;
  problems.numbers('', { reportsAlarm, lookupsPerMinute }, { whole: true });
  return problems.items;
}

function checkAccounts(problems: ProblemList, given: unknown): void {
  if (typeof given !== 'object' || given === null || Object.keys(given).length === 0) {
    problems.note('accounts', 'at least one account with a callback token is needed');
    return;
  }
  const holders = new Map<string, string>();
  for (const [name, account] of Object.entries(given)) {
    if (!NAME_PATTERN.test(name)) problems.note(`accounts.${name}`, 'a name has letters, digits and _ only');
    const { tokens } = problems.fields(`accounts.${name}`, account, ['tokens']);
    if (!Array.isArray(tokens) || tokens.length === 0) {
      problems.note(`accounts.${name}.tokens`, 'a list of at least one is needed');
      continue;
    }
    for (const [index, token] of tokens.entries())
      checkToken(problems, `accounts.${name}.tokens[${index}]`, token, holders);
  }
}

function checkToken(problems: ProblemList, name: string, token: unknown, holders: Map<string, string>): void {
  if (typeof token !== 'string' || !SECRET_PATTERN.test(token)) {
    problems.note(name, '16 to 100 characters of A-Z a-z 0-9 _ -');
    return;
  }
  const holder = holders.get(token);
  if (holder === undefined) holders.set(token, name);
  else problems.note(name, `the same as ${holder}; a token tells one account`);
}

function checkPublicUrl(problems: ProblemList, given: unknown): void {
  if (given === undefined) return;
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) problems.note('publicUrl', 'not an http or https URL');
  else if (url.search !== '' || url.hash !== '') problems.note('publicUrl', 'a query or fragment has no place in it');
}

function checkDatabase(problems: ProblemList, given: unknown): void {
  const { url, options, schema, migrations, ingestConnections, workConnections } = problems.fields(
    'database',
    given,
    DATABASE,
  );
  if (given !== undefined && (url === undefined) === (options === undefined)) {
    problems.note('database', 'either url or options is needed');
  }
  if (url !== undefined && !isPostgresUrl(url)) {
    problems.note('database.url', 'a postgres:// URL is needed, what is special in user and password percent-encoded');
  }
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    problems.note('database.options', 'an object is needed');
  }
  if (schema !== undefined && !(typeof schema === 'string' && NAME_PATTERN.test(schema))) {
    problems.note('database.schema', 'letters, digits and _ only');
  }
  problems.oneOf('database.migrations', migrations, ['run', 'check', 'off']);
  problems.numbers('database', { ingestConnections, workConnections }, { whole: true });
}

function checkSpool(problems: ProblemList, given: unknown): void {
  if (given === false) return;
  if (given === undefined) {
    const choice =
      '{ directory } keeps callbacks on disk while the database is away; false only holds them, then loses them';
    problems.note('spool', `a choice is needed: ${choice}`);
    return;
  }
  const { directory, maxBytes, durability } = problems.fields('spool', given, SPOOL);
  if (typeof directory !== 'string' || directory === '') problems.note('spool.directory', 'a directory is needed');
  problems.numbers('spool', { maxBytes }, { whole: true });
  problems.oneOf('spool.durability', durability, ['disk', 'process']);
}
