import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import type { Binaries } from './binaries.js';
import { Postmaster } from './postmaster.js';
import { ProcessIdentity } from '../../telemetry/process-identity.js';
import type { ServerFolder } from './server-folder.js';
import { serverProcess } from './server-process.js';

/** For data that may be lost: twice as fast, and no server to recover after a power cut. */
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Whatever the other settings say: this machine only, and no socket file in a folder others can write to. */
const LOCAL_ONLY = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };

/**
 * Starts the server process and returns at once, before it is ready (or has failed: then its log says why).
 * @throws Error when the program cannot be run at all
 */
export async function launchPostmaster(
  binaries: Binaries,
  folder: ServerFolder,
  port: number,
  options: { readonly durable: boolean; readonly settings: Readonly<Record<string, string>> },
): Promise<Postmaster> {
  const settings = { ...(options.durable ? {} : NOT_DURABLE), ...options.settings, ...LOCAL_ONLY };
  const log = openLog(folder.log);
  try {
    const child = spawn(
      binaries.program('postgres'),
      [
        '-D',
        folder.data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      {
        ...serverProcess(folder.account),
        // Its own session: Ctrl-C in the terminal must reach us only, or the database is gone before we have finished.
        detached: true,
        stdio: ['ignore', log, log],
      },
    );
    await once(child, 'spawn');
    child.unref();
    return new Postmaster(ProcessIdentity.of(child.pid ?? 0), folder.data);
  } finally {
    closeSync(log);
  }
}

/** Begun anew with each start, so it stays small; removed first, because it may be another user's (sudo). */
function openLog(path: string): number {
  rmSync(path, { force: true });
  return openSync(path, 'ax', 0o600);
}
