import { EVENT_TYPES } from '../domain/domain-event.js';
import { natsServers } from './nats-servers.js';
import type { ProblemList } from './problem-list.js';

const SHARED = ['url', 'types', 'mode', 'includeRecipient'] as const;

/** The URL of each, and the names it may be given: a wildcard or a space in one would be seen at the first event only. */
const RELAYS = {
  rabbitmq: { url: /^amqps?:\/\//, names: { exchange: /^[\w.:-]{1,255}$/ } },
  nats: {
    url: /^(nats|tls):\/\//,
    names: { subjectPrefix: /^[\w-]+(\.[\w-]+)*$/, stream: /^[\w-]{1,255}$/ },
  },
} as const;

/** Notes every problem of the relays. */
export function checkRelays(problems: ProblemList, given: unknown): void {
  const relays = problems.fields('relays', given, ['rabbitmq', 'nats']);
  for (const name of ['rabbitmq', 'nats'] as const) {
    const relay = relays[name];
    if (relay !== undefined && relay !== false) checkRelay(problems, name, relay);
  }
}

function checkRelay(problems: ProblemList, name: keyof typeof RELAYS, given: unknown): void {
  const names = Object.entries(RELAYS[name].names);
  const relay = problems.fields<string>(`relays.${name}`, given, [...SHARED, ...names.map(([option]) => option)]);
  const { url, types, mode, includeRecipient } = relay;
  const serversOf = (text: string): string[] => (name === 'nats' ? natsServers(text) : [text]);
  const fits = typeof url === 'string' && RELAYS[name].url.test(url) && serversOf(url).every(isUrl);
  if (!fits) problems.note(`relays.${name}.url`, 'not a URL of such a broker');
  if (types !== undefined) checkTypes(problems, `relays.${name}.types`, types);
  problems.oneOf(`relays.${name}.mode`, mode, ['structured', 'binary']);
  problems.flag(`relays.${name}.includeRecipient`, includeRecipient);
  for (const [option, pattern] of names) {
    const value = relay[option];
    if (value !== undefined && !(typeof value === 'string' && pattern.test(value)))
      problems.note(`relays.${name}.${option}`, `must be a name like ${String(pattern)}`);
  }
}

const isUrl = (text: string): boolean => URL.canParse(text);

function checkTypes(problems: ProblemList, name: string, types: unknown): void {
  if (!Array.isArray(types) || types.length === 0) {
    problems.note(name, 'at least one is needed');
    return;
  }
  for (const type of types) {
    if (!EVENT_TYPES.includes(type as (typeof EVENT_TYPES)[number]))
      problems.note(name, `there is no event ${String(type)}`);
  }
}
