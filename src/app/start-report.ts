import type { Environment } from './environment.js';
import type { DevelopmentSecrets } from './development-secrets.js';
import { packageVersion } from './version.js';

/** In the example's message; nothing of ours is called so. */
const CALLBACK =
  'SMSID=hello-1&SendFailed=0&SendStatus=5&SendSuccess=1&TotalPrice=470.0000&TotalReceiver=1&TotalSent=1' +
  '&RequestId=&TypeId=23&telcoid=2&phonenumber=0901888484';
const LABEL_WIDTH = 13;

/** What somebody wants to know of a service that has just started: a few lines, each with a label. No secret is in them. */
export function startReport(listening: string, environment: Environment): [label: string, text: string][] {
  const url = reachedAt(listening, environment);
  const relays = Object.keys(environment.relays);
  return [
    ['listening', `nestjs-esms ${packageVersion()} at ${listening}`],
    ['docs', `${url}/docs`],
    ['database', `${databaseOf(environment)}, schema esms`],
    ['spool', environment.spoolDirectory],
    ['relays', relays.length === 0 ? 'none' : relays.join(', ')],
    ['accounts', [...(environment.tokens?.keys() ?? ['default'])].join(', ')],
    ['CallbackUrl', `${url}/callbacks/esms/<token>`],
  ];
}

/** The same for a terminal, with what was generated, ready to paste: what was given is somebody's secret. */
export function startScreen(listening: string, environment: Environment, secrets: DevelopmentSecrets | null): string {
  const url = reachedAt(listening, environment);
  const { tokens, apiKeys } = environment;
  const token = tokens === null ? secrets?.token : undefined;
  const key = apiKeys === null ? secrets?.key : undefined;
  const report = startReport(listening, environment).map(([label, text]) => {
    return `  ${label.padEnd(LABEL_WIDTH)}${token === undefined ? text : text.replace('<token>', token)}`;
  });
  const lines = [
    ...report,
    ...(token === undefined ? [] : ['', 'Send a callback:', `  curl -g '${url}/callbacks/esms/${token}?${CALLBACK}'`]),
    ...(key === undefined ? [] : ['Read the message:', `  curl -H 'x-api-key: ${key}' '${url}/messages/hello-1'`]),
  ];
  return `\n${lines.join('\n')}\n\n`;
}

const reachedAt = (listening: string, { publicUrl }: Environment): string =>
  (publicUrl ?? listening).replace(/\/+$/, '');

/** Where the database is, without user, password and what else its URL says. */
function databaseOf({ databaseUrl, dataDirectory }: Environment): string {
  if (databaseUrl === null) return `the embedded PostgreSQL of ${dataDirectory}`;
  if (!URL.canParse(databaseUrl)) return 'PostgreSQL, by DATABASE_URL';
  const { host, pathname, searchParams } = new URL(databaseUrl);
  return `PostgreSQL at ${host || (searchParams.get('host') ?? 'its default address')}${pathname}`;
}
