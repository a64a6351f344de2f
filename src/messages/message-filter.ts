import type { PageRequest } from '../database/page.js';
import type { Channel } from '../domain/channel.js';
import { parseMoment } from '../domain/clock.js';
import { recipientOf } from '../domain/recipient.js';
import type { Outcome, State } from '../domain/standing.js';

/** What a message must be like; everything that is given must hold. */
export interface MessageFilter {
  account: string;
  requestId?: string;
  ref?: string;
  /** A phone in any form, or another recipient as it is. */
  phone?: string;
  state?: State;
  outcome?: Outcome;
  channel?: Channel;
  /** Created at or after. */
  from?: string;
  /** Created before. */
  to?: string;
}

/** In SQL, what a list of messages is filtered and ordered by. */
export type FilterColumns = Readonly<
  Record<'account' | 'requestId' | 'ref' | 'recipient' | 'state' | 'outcome' | 'channel' | 'created' | 'name', string>
>;

/** The conditions that a filter makes on some columns, and those of a page after the one before. */
export function conditionsOf(
  filter: MessageFilter,
  after: PageRequest['after'],
  columns: FilterColumns,
): { sql: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const place = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions: string[] = [];
  const add = (value: unknown, condition: (placed: string) => string): void => {
    if (value !== undefined) conditions.push(condition(place(value)));
  };
  add(filter.account, (value) => `${columns.account} = ${value}`);
  for (const name of ['requestId', 'ref', 'state', 'outcome', 'channel'] as const) {
    add(filter[name], (value) => `${columns[name]} = ${value}`);
  }
  add(filter.phone && recipientOf(filter.phone).value, (value) => `${columns.recipient} = ${value}`);
  add(filter.from && parseMoment(filter.from), (value) => `${columns.created} >= ${value}::timestamptz`);
  add(filter.to && parseMoment(filter.to), (value) => `${columns.created} < ${value}::timestamptz`);
  if (after !== null) {
    conditions.push(`(${columns.created}, ${columns.name}) < (${place(after[0])}::timestamptz, ${place(after[1])})`);
  }
  return { sql: conditions.join(' and '), parameters };
}
