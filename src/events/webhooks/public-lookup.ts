import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup, Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { addressProblem, type WebhookNetworks } from './webhook-url.js';

/** The addresses of a name, one or more. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** The system's own way, with its hosts file and search domains. It takes a thread that file writes need too. */
export const resolveBySystem: Resolve = (name) => systemLookup(name, { all: true });

/** By DNS alone, which takes no thread: a server of names that hangs holds up nothing else of the process. */
export const resolveByDns: Resolve = async (name) => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })) : [],
  );
};

/** A name leads nowhere, or where no webhook may be: which of the two, and where, would map the network inside. */
export class NameRefused extends Error {
  override readonly name = 'NameRefused';

  constructor({ allowPrivateNetworks }: WebhookNetworks) {
    super(`its name leads to no ${allowPrivateNetworks ? '' : 'public '}address`);
  }
}

/**
 * How a socket looks a name up: once, and it connects to what was looked at here, so a second answer changes nothing. A
 * name with one address that may not be called is refused altogether.
 */
export function lookupBy(resolve: Resolve, networks: WebhookNetworks): LookupFunction {
  const look = callbackify(async (name: string): Promise<[LookupAddress, ...LookupAddress[]]> => {
    const addresses = await resolve(name).catch(() => []);
    const isRefused = addresses.some(({ address }) => addressProblem(address, networks) !== null);
    const [first, ...others] = addresses;
    if (first === undefined || isRefused) throw new NameRefused(networks);
    return [first, ...others];
  });
  return (name, { all }, callback) =>
    look(name, (error, addresses) => {
      if (error !== null) callback(error, '');
      else if (all) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });
}
