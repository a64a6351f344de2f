import { readFileSync } from 'node:fs';
import { errorCode } from './error-code.js';

/**
 * A process, told apart from a later one that was given the same pid.
 *
 * A pid alone is not enough: after a kill -9 (or in a restarted container) the pid in a stale file soon belongs to
 * somebody else. The start time settles it where the system tells it (Linux); elsewhere the pid alone decides.
 */
export class ProcessIdentity {
  /** @param startedAt boot id and clock tick of the start; null where the system does not tell */
  constructor(
    readonly pid: number,
    readonly startedAt: string | null,
  ) {}

  /** The process that has this pid now. */
  static of(pid: number): ProcessIdentity {
    return new ProcessIdentity(pid, look(pid)?.startedAt ?? null);
  }

  /** False once it ended, also when its parent has not yet collected it (a zombie answers to signals). */
  isRunning(): boolean {
    if (!takesSignals(this.pid)) return false;
    const seen = look(this.pid);
    if (!seen) return true;
    return !seen.ended && (this.startedAt === null || this.startedAt === seen.startedAt);
  }
}

function takesSignals(pid: number): boolean {
  // Zero and below would mean a whole process group.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function look(pid: number): { ended: boolean; startedAt: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold spaces and brackets itself.
    const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Ticks count from the boot, so after a reboot the same pid could show the same number.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { ended: 'ZXx'.includes(state), startedAt: `${boot}/${rest[18]}` };
  } catch {
    return null;
  }
}
