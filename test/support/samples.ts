import { readFileSync } from 'node:fs';

/** A callback as the gateway's documentation prints it: the query string alone, byte for byte. */
interface Sample {
  name: string;
  query: string;
}

/** The eight callbacks of the seed page, in its order; the sixth and the seventh are the same bytes. */
export const SEED_SAMPLES: readonly Sample[] = [
  'c1-customer-care',
  'c2-advertising',
  'c3-zns-failed',
  'c4-viber',
  'c5-oa-consulting',
  'c6-oa-transaction',
  'c7-oa-user-information',
  'c8-journey',
].map(readSample);

/** The callback of a Zalo message sent by user id, which the seed page does not have yet. */
export const UID_SAMPLE: Sample = readSample('c9-zns-by-user-id');

function readSample(name: string): Sample {
  const [, query = ''] = readFileSync(new URL(`../samples/${name}.txt`, import.meta.url), 'utf8').split('\n');
  return { name, query };
}
