/** The servers of `nats://one:4222,two,nats://three`, each with its scheme. */
export function natsServers(text: string): string[] {
  return text.split(',').map((part) => (part.includes('://') ? part.trim() : `nats://${part.trim()}`));
}
