import { isIP } from 'node:net';
import { isPublicAddress } from './is-public-address.js';

/** Names that no public DNS has, or that mean this machine or network. */
const INTERNAL_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home\.arpa)$/;

const HTTPS_PORT = 443;
const FIRST_FREE_PORT = 1_024;

/** What is wrong with the address of a webhook, in words; null for nothing. What its name resolves to is another matter. */
export function webhookUrlProblem(
  text: string,
  { allowPrivateNetworks }: { allowPrivateNetworks: boolean },
): string | null {
  if (!URL.canParse(text)) return 'not a URL';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'user name and password must not be in it';
  if (allowPrivateNetworks) return /^https?:$/.test(url.protocol) ? null : 'it must begin with https:// or http://';
  if (url.protocol !== 'https:') return 'it must begin with https://';
  const port = Number(url.port || HTTPS_PORT);
  if (port !== HTTPS_PORT && port < FIRST_FREE_PORT) return `port ${port} is not for webhooks`;
  return hostProblem(hostOf(url));
}

/** The host as resolvers and sockets take it; the parser of URLs has already made plain what was octal, hex or encoded. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function hostProblem(host: string): string | null {
  if (isIP(host) !== 0) return isPublicAddress(host) ? null : `${host} is not a public address`;
  return INTERNAL_NAME.test(host) || !host.includes('.') ? `${host} is not a public name` : null;
}
