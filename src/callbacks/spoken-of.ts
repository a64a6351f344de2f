import type { Stored } from './callback-receiver.js';

/** The body of the answer to a stored callback. The gateway reads none; a person with curl does. */
export function spokenOf(stored: Stored): string {
  return 'quarantined' in stored ? `QUARANTINED ${stored.quarantined}` : 'OK';
}
