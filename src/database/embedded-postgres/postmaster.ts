import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessIdentity } from '../../telemetry/process-identity.js';
import { readIfPresent } from './read-if-present.js';

const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/** The main process of a server, whether we started it or found it. */
export class Postmaster {
  constructor(
    readonly identity: ProcessIdentity,
    private readonly data: string,
  ) {}

  /** The one that runs on the data folder; null when none does, whatever a stale `postmaster.pid` says. */
  static find(data: string): Postmaster | null {
    const pid = Number(readPidFile(data)[0]);
    const identity = ProcessIdentity.of(pid);
    return identity.isRunning() && worksIn(pid, data) ? new Postmaster(identity, data) : null;
  }

  isRunning(): boolean {
    return this.identity.isRunning();
  }

  /** Its port once it accepts connections; null while it starts, recovers or stops. */
  readyPort(): number | null {
    const lines = readPidFile(this.data);
    return Number(lines[0]) === this.identity.pid && lines[7]?.trim() === 'ready' ? Number(lines[3]) : null;
  }

  /** Asks for a fast shutdown: open transactions are rolled back, clients disconnected. Does not wait. */
  interrupt(pgCtl: string): void {
    if (!this.isRunning()) return;
    // Windows knows no signals: Node would kill the process on the spot.
    if (process.platform === 'win32')
      spawnSync(pgCtl, ['kill', 'INT', String(this.identity.pid)], { windowsHide: true });
    else process.kill(this.identity.pid, 'SIGINT');
  }

  /**
   * Fast shutdown, to the end.
   * @throws Error when it has not ended after a minute
   */
  async stop(pgCtl: string): Promise<void> {
    this.interrupt(pgCtl);
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while (this.isRunning()) {
      if (performance.now() > deadline) throw new Error(`PostgreSQL (pid ${this.identity.pid}) does not stop.`);
      await sleep(POLL_MS);
    }
  }
}

/** Lines: pid, data folder, start, port, socket folder, address, shared memory, status. */
function readPidFile(data: string): string[] {
  return readIfPresent(join(data, 'postmaster.pid'))?.split('\n') ?? [];
}

/** A postmaster works in its data folder; whoever inherited the pid of a killed one does not. */
function worksIn(pid: number, data: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === data;
  } catch {
    // Gone, or a process of a user we may not look at: no server of ours.
    return false;
  }
}
