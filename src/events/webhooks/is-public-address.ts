import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What IANA lists as not globally reachable, and multicast. */
const NOT_PUBLIC_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;

/** All of IPv6 that is given out, and what of it leads elsewhere: Teredo and its like, documentation, 6to4. */
const GIVEN_OUT_IPV6 = [['2000::', 3]] as const;
const NOT_PUBLIC_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const notPublic4 = listOf(NOT_PUBLIC_IPV4, 'ipv4');
const givenOut6 = listOf(GIVEN_OUT_IPV6, 'ipv6');
const notPublic6 = listOf(NOT_PUBLIC_IPV6, 'ipv6');

/**
 * Whether an IP address is one of the public internet. Mapped, translated and link-local IPv6 addresses are not: behind
 * each may be anything.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address, 'ipv4');
  return isIPv6(address) && givenOut6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}

function listOf(ranges: readonly (readonly [string, number])[], type: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, type);
  return list;
}
