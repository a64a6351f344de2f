import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessIdentity } from '../../telemetry/process-identity.js';
import { readIfPresent } from './read-if-present.js';

/**
 * Lets PostgreSQL start beside a `postmaster.pid` of a killed server whose pid another process has got, or which a crash
 * left empty: it would take that process for a running server. Only call it when no server runs on the data.
 *
 * The file is not deleted: it also names the shared memory by which PostgreSQL notices survivors of the killed server,
 * and two servers on the same data destroy them. Our own pid is put in its place, because PostgreSQL knows that its
 * parent is no server.
 */
export function disownPidFile(data: string): void {
  const path = join(data, 'postmaster.pid');
  const [pid, ...rest] = readIfPresent(path)?.split('\n') ?? [];
  if (pid === undefined) return;
  if (pid === '' || ProcessIdentity.of(Number(pid)).isRunning()) {
    writeFileSync(path, [String(process.pid), ...rest].join('\n'));
  }
}
