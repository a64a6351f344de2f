import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup, Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { isPublicAddress } from './is-public-address.js';

/** The addresses of a name, one or more. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** The system's own way, with its hosts file and search domains. It takes a thread that file writes need too. */
export const resolveBySystem: Resolve = (name) => systemLookup(name, { all: true });

/** By DNS alone, which takes no thread: a server of names that hangs holds up nothing else of the process. */
export const resolveByDns: Resolve = async (name) => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })) : [],
  );
  const [first] = answers;
  if (addresses.length === 0 && first.status === 'rejected') throw first.reason;
  return addresses;
};

/**
 * How a socket looks a name up: once, and it connects to what was looked at here, so a second answer changes nothing. A
 * name with one address that is not public is refused altogether.
 */
export function lookupBy(
  resolve: Resolve,
  { allowPrivateNetworks }: { allowPrivateNetworks: boolean },
): LookupFunction {
  const look = callbackify(async (name: string): Promise<[LookupAddress, ...LookupAddress[]]> => {
    const [first, ...others] = await resolve(name);
    if (first === undefined) throw new Error(`${name} has no address`);
    const refused = allowPrivateNetworks
      ? undefined
      : [first, ...others].find(({ address }) => !isPublicAddress(address));
    if (refused !== undefined) throw new Error(`${name} is ${refused.address}, which is not a public address`);
    return [first, ...others];
  });
  return (name, { all }, callback) =>
    look(name, (error, addresses) => {
      if (error !== null) callback(error, '');
      else if (all) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });
}
