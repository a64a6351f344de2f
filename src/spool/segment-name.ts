import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * A segment's file name says who writes it: `<time>-<random>.<process id>-<its start>.open`, or `.closed` once nobody
 * does. The start tells a process from a later one that was given the same number.
 */
const OPEN = /^(\d+-[0-9a-f]+)\.(\d+)-(\d+)\.open$/;
const CLOSED = /\.closed$/;
const START_TIME_FIELD = 21;

/** A new open segment of this process. */
export function newSegmentName(): string {
  const unique = `${Date.now()}-${randomBytes(4).toString('hex')}`;
  return `${unique}.${process.pid}-${startOf(process.pid)}.open`;
}

/** The name of a segment once it is closed. */
export const closedName = (name: string): string => name.replace(/\.open$/, '.closed');

/** Whether a file is a closed segment. */
export const isClosedSegment = (name: string): boolean => CLOSED.test(name);

/** Whether a file is an open segment whose writer is gone: killed, and so never closed. */
export function isOrphan(name: string): boolean {
  const [, , pid, start] = OPEN.exec(name) ?? [];
  if (pid === undefined || start === undefined) return false;
  return !isAlive(Number(pid)) || startOf(Number(pid)) !== start;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in the kernel's ticks; 0 where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_FIELD - 2] ?? '0';
  } catch {
    return '0';
  }
}
