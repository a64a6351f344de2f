/**
 * Names of the gateway's telco ids (facts §8: 1–7 documented; 9 is seen on a message sent by Zalo user id and means
 * "no telco" at a guess, so it has no name; 8 was never seen).
 */
const TELCO_NAMES: ReadonlyMap<string, string> = new Map([
  ['1', 'Viettel'],
  ['2', 'Mobifone'],
  ['3', 'Vinaphone'],
  ['4', 'Vietnamobile'],
  ['5', 'Gtel'],
  ['6', 'Itel'],
  ['7', 'Reddi'],
]);

/** A carrier as the gateway numbers it; `name` is null for a number nobody explained. */
export interface Telco {
  id: string;
  name: string | null;
}

/** The telco of a gateway id; unknown ids are kept. */
export function telcoOf(id: string): Telco {
  return { id, name: TELCO_NAMES.get(id) ?? null };
}
