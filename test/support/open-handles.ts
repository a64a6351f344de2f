import { setTimeout as sleep } from 'node:timers/promises';

/** What would keep this process alive, by kind, when all is quiet. */
export async function openHandles(): Promise<{ sockets: number; timers: number; connecting: number }> {
  await sleep(1_000);
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    sockets: counts['TCPSocketWrap'] ?? 0,
    timers: counts['Timeout'] ?? 0,
    connecting: counts['TCPConnectWrap'] ?? 0,
  };
}
