import { isIP } from 'node:net';
import type { WebhookOptions } from '../../config/options.js';
import { isMetadataAddress, isMetadataName } from './is-metadata-address.js';
import { isPublicAddress } from './is-public-address.js';

/** Where webhooks may be. */
export type WebhookNetworks = Required<Pick<WebhookOptions, 'allowPrivateNetworks'>>;

/** Names that no public DNS has, or that mean this machine or network. */
const INTERNAL_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home\.arpa)$/;

const HTTPS_PORT = 443;
const FIRST_FREE_PORT = 1_024;

/** What is wrong with the address of a webhook, in words; null for nothing. What its name resolves to is another matter. */
export function webhookUrlProblem(text: string, networks: WebhookNetworks): string | null {
  if (!URL.canParse(text)) return 'not a URL';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'user name and password must not be in it';
  if (networks.allowPrivateNetworks) {
    if (!/^https?:$/.test(url.protocol)) return 'it must begin with https:// or http://';
    return hostProblem(hostOf(url), networks);
  }
  if (url.protocol !== 'https:') return 'it must begin with https://';
  const port = Number(url.port || HTTPS_PORT);
  if (port !== HTTPS_PORT && port < FIRST_FREE_PORT) return `port ${port} is not for webhooks`;
  return hostProblem(hostOf(url), networks);
}

/** The host as resolvers and sockets take it; the parser of URLs has already made plain what was octal, hex or encoded. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

/** What is wrong with an IP address, in words; null for nothing. */
export function addressProblem(address: string, { allowPrivateNetworks }: WebhookNetworks): string | null {
  if (isMetadataAddress(address)) return `${address} is not for webhooks: clouds keep secrets there`;
  return allowPrivateNetworks || isPublicAddress(address) ? null : `${address} is not a public address`;
}

function hostProblem(host: string, networks: WebhookNetworks): string | null {
  if (isIP(host) !== 0) return addressProblem(host, networks);
  if (isMetadataName(host)) return `${host} is not for webhooks: clouds keep secrets there`;
  const isInternal = INTERNAL_NAME.test(host) || !host.includes('.');
  return isInternal && !networks.allowPrivateNetworks ? `${host} is not a public name` : null;
}
