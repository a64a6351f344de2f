import { isIPv4, isIPv6 } from 'node:net';
import { blockListOf, isMetadataAddress } from './is-metadata-address.js';

/**
 * What is no globally reachable unicast address by IANA's registries, as of 2024-10: "IPv4 Special-Purpose Address Space"
 * (https://www.iana.org/assignments/iana-ipv4-special-registry) and "IPv4 Multicast Address Space". 192.0.0.0/24 and
 * 192.88.99.0/24 are refused whole: what of them is reachable is no web server's.
 */
const NOT_PUBLIC_IPV4 = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private use'],
  ['100.64.0.0', 10, 'shared address space'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link local'],
  ['172.16.0.0', 12, 'private use'],
  ['192.0.0.0', 24, 'IETF protocol assignments'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.88.99.0', 24, '6to4 relays'],
  ['192.168.0.0', 16, 'private use'],
  ['198.18.0.0', 15, 'benchmarking'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved, and broadcast'],
] as const;

/**
 * Global unicast of IPv6 by IANA's "IPv6 Address Space"; nothing else is public: neither unique local, link local and
 * multicast addresses, nor IPv4 that is mapped (`::ffff:0:0/96`) or translated (`64:ff9b::/96`), behind which may be
 * anything.
 */
const GLOBAL_UNICAST_IPV6 = [['2000::', 3, 'global unicast']] as const;

/** What of it is not by the "IPv6 Special-Purpose Address Space" (https://www.iana.org/assignments/iana-ipv6-special-registry). */
const NOT_PUBLIC_IPV6 = [
  ['2001::', 23, 'IETF protocol assignments: Teredo, benchmarking, ORCHID'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, '6to4: IPv4 inside'],
  ['3fff::', 20, 'documentation'],
] as const;

const notPublic4 = blockListOf(NOT_PUBLIC_IPV4);
const globalUnicast6 = blockListOf(GLOBAL_UNICAST_IPV6);
const notPublic6 = blockListOf(NOT_PUBLIC_IPV6);

/** Whether an IP address is globally reachable unicast, and none that a cloud keeps for itself. */
export function isPublicAddress(address: string): boolean {
  if (isMetadataAddress(address)) return false;
  if (isIPv4(address)) return !notPublic4.check(address, 'ipv4');
  return isIPv6(address) && globalUnicast6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}
