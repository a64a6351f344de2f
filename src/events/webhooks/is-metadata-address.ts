import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Where clouds tell a machine its credentials and secrets, by their manuals. No webhook is there, so these are refused
 * also where private networks are allowed. Azure's is a public address.
 */
const METADATA = [
  ['169.254.0.0', 16, 'AWS, Google, Azure, Oracle, DigitalOcean, OpenStack, Scaleway, Tencent; all of link local'],
  ['168.63.129.16', 32, 'Azure, WireServer'],
  ['100.100.100.200', 32, 'Alibaba'],
  ['192.0.0.192', 32, 'Oracle, classic'],
  ['fe80::', 10, 'OpenStack; all of link local'],
  ['fd00:ec2::', 32, 'AWS'],
  ['fd20:ce::254', 128, 'Google'],
  ['fd00:c1::a9fe:a9fe', 128, 'Oracle'],
  ['fd00:42::42', 128, 'Scaleway'],
] as const;

const NAMES: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** Where an IPv6 address has an IPv4 one inside, as 16-bit groups before it, and how that is to be read. */
const WITH_IPV4 = [
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6, flip: 0, name: 'mapped' },
  { prefix: [0, 0, 0, 0, 0, 0], at: 6, flip: 0, name: 'compatible' },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6, flip: 0, name: 'NAT64' },
  { prefix: [0x64, 0xff9b, 1], at: 6, flip: 0, name: 'NAT64 of the network' },
  { prefix: [0x2002], at: 1, flip: 0, name: '6to4' },
  { prefix: [0x2001, 0], at: 6, flip: 0xffff, name: 'Teredo, whose bits are turned' },
] as const;

const metadata = blockListOf(METADATA);

/** Whether an IP address, or the IPv4 address inside of it, is one where a cloud keeps a machine's secrets. */
export function isMetadataAddress(address: string): boolean {
  if (isIPv4(address)) return metadata.check(address, 'ipv4');
  if (!isIPv6(address)) return false;
  if (metadata.check(address, 'ipv6')) return true;
  return ipv4Inside(groupsOf(address)).some((inside) => metadata.check(inside, 'ipv4'));
}

/** Whether a name is one that clouds give to these addresses. */
export function isMetadataName(name: string): boolean {
  return NAMES.has(name);
}

function ipv4Inside(groups: readonly number[]): string[] {
  return WITH_IPV4.filter(({ prefix }) => prefix.every((group, index) => groups[index] === group)).map(
    ({ at, flip }) => {
      const halves = [groups[at], groups[at + 1]].map((group) => (group ?? 0) ^ flip);
      return halves.flatMap((half) => [half >> 8, half & 0xff]).join('.');
    },
  );
}

/** The eight 16-bit groups; the parser of URLs has already made plain what is dotted inside. */
function groupsOf(address: string): number[] {
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = plain.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros: string[] = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

/** Ranges as Node looks them up. */
export function blockListOf(ranges: readonly (readonly [network: string, prefix: number, name: string])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
}
