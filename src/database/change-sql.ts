/**
 * The events of one change of a message are one row. It has the position of the first of them, and the others have those
 * that follow: rows are this many positions apart, as the sequence in the schema counts.
 */
export const POSITIONS_OF_CHANGE = 16;

const LAST = POSITIONS_OF_CHANGE - 1;

/** The last position that belongs to the row at `position`. */
export const endOfChange = (position: number): number => position + LAST;

/** SQL for the position of the row that has the event at a position. */
export const changeAtSql = (position: string): string => `(${position} - (${position} - 1) % ${POSITIONS_OF_CHANGE})`;

/** SQL for the place of an event among those of its row, from 0. */
export const indexAtSql = (position: string): string => `((${position} - 1) % ${POSITIONS_OF_CHANGE})::int`;

/** SQL for the type of the event at a position, of the row that has it. */
export const typeAtSql = (change: string, position: string): string => `${change}.types[${indexAtSql(position)} + 1]`;

/** SQL for the position from which on rows may have an event at a position, or behind it. */
export const reachingSql = (position: string): string => `(${position} - ${LAST})`;

/** SQL for the last position that belongs to the row at a position. */
export const endOfChangeSql = (position: string): string => `(${position} + ${LAST})`;

/** SQL that makes a row of each event of a row: `e.type`, `e.position` and `e.sequence`. */
export const eachEventSql = (change: string): string =>
  `cross join lateral (
     select each.type, ${change}.position + each.number - 1 as position, ${change}.sequence + each.number - 1 as sequence
     from unnest(${change}.types) with ordinality as each (type, number)) e`;

/** SQL for the last position up to which there is a row; 0 where there is none. */
export const newestSql = (changes: string): string =>
  `(select coalesce(${endOfChangeSql('max(position)')}, 0) from ${changes})`;

/** SQL for the id of an event, of its row and of what has its sequence. */
export const idSql = (change: string, event: string): string =>
  `coalesce(${change}.id, ${derivedIdSql(`${change}.account`, `${change}.subject`, `${event}.sequence`)})`;

/** What `derivedId` makes of the same. */
export function derivedIdSql(account: string, subject: string, sequence: string): string {
  const hex = `encode(${hashSql(account, subject, sequence)}, 'hex')`;
  const variant = `translate(substr(${hex}, 17, 1), '0123456789abcdef', '${'89ab'.repeat(4)}')`;
  return `overlay(overlay(left(${hex}, 32) placing '8' from 13) placing ${variant} from 17)::uuid`;
}

/** SQL for whether an event of a message has an id: its first bytes tell, for a third of the time, where it has another. */
export const hasDerivedIdSql = (id: string, account: string, subject: string, sequence: string): string =>
  `(substr(${hashSql(account, subject, sequence)}, 1, 6) = substr(uuid_send(${id}), 1, 6)
    and ${derivedIdSql(account, subject, sequence)} = ${id})`;

function hashSql(account: string, subject: string, sequence: string): string {
  const parts = [account, subject, `${sequence}::text`].map((part) => `convert_to(${part}, 'UTF8')`);
  return `sha256(${parts.join(` || decode('00', 'hex') || `)})`;
}
