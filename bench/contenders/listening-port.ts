import type { AddressInfo, Server } from 'node:net';

/** The port a server was given. */
export function listeningPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}
