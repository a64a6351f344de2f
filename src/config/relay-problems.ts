import { EVENT_TYPES } from '../domain/domain-event.js';
import type { ProblemList } from './problem-list.js';

const SHARED = ['url', 'types', 'mode', 'includeRecipient'] as const;

const RELAYS = {
  rabbitmq: { url: /^amqps?:\/\//, names: [...SHARED, 'exchange'] },
  nats: { url: /^(nats|tls):\/\//, names: [...SHARED, 'subjectPrefix', 'stream'] },
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
  const { url, types, mode } = problems.fields<string>(`relays.${name}`, given, RELAYS[name].names);
  // NATS takes several servers, with commas between.
  const fits = typeof url === 'string' && RELAYS[name].url.test(url) && URL.canParse(url.split(',')[0] ?? '');
  if (!fits) problems.note(`relays.${name}.url`, 'not a URL of such a broker');
  if (types !== undefined) checkTypes(problems, `relays.${name}.types`, types);
  problems.oneOf(`relays.${name}.mode`, mode, ['structured', 'binary']);
}

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
