/**
 * How each of our transactions begins. Everything relies on READ COMMITTED (who waited for a lock then sees what its
 * holder wrote), and a database or a role may have another default. Said here and not at connect: a pooler in
 * transaction mode refuses or forgets what a session says of itself. Not `read write`: a database that is read-only by
 * default was made so on purpose, by a person or by a host whose disk is full.
 */
export const BEGIN = 'begin isolation level read committed';

/** A transaction's BEGIN together with what it sets for itself alone, as one query without parameters. */
export function beginWith(settings: readonly string[]): string {
  return [BEGIN, ...settings.map((setting) => `set local ${setting}`)].join('; ');
}
