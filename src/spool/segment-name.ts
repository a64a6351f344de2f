import { randomBytes } from 'node:crypto';
import { ProcessIdentity } from '../telemetry/process-identity.js';

/**
 * What a segment is, its file name says. `<time>-<random>.<owner>.open`: the owner writes it; `….closed`: nobody does;
 * `….closed.<owner>.draining`: the owner drains it, and nobody else. An owner is a process, told by its number and its
 * start from a later one that was given the same number.
 */
const OWNED = /\.(\d+)-([0-9a-z]+)\.(?:open|draining)$/;
const CLOSED = /\.closed$/;
const DRAINING = /\.[0-9]+-[0-9a-z]+\.draining$/;

/** A new open segment of this process. */
export function newSegmentName(): string {
  return `${Date.now()}-${randomBytes(4).toString('hex')}.${ownName()}.open`;
}

/** The name of a segment once it is neither written nor drained. */
export const closedName = (name: string): string =>
  DRAINING.test(name) ? name.replace(DRAINING, '') : name.replace(/\.open$/, '.closed');

/** The name of a closed segment while this process drains it. */
export const drainingName = (name: string): string => `${name}.${ownName()}.draining`;

/** Whether a file is a closed segment. */
export const isClosedSegment = (name: string): boolean => CLOSED.test(name);

/** Whether a file is a segment that somebody drains. */
export const isDrainedSegment = (name: string): boolean => DRAINING.test(name);

/** Whether a file is a segment, whatever is done with it. */
export const isSegment = (name: string): boolean => CLOSED.test(name) || OWNED.test(name);

/** Whether a file is a segment whose owner is gone: killed, and so never closed or drained. */
export function isOrphan(name: string): boolean {
  const [, pid, start] = OWNED.exec(name) ?? [];
  if (pid === undefined || start === undefined) return false;
  const seen = ProcessIdentity.of(Number(pid));
  return !seen.isRunning() || startOf(seen) !== start;
}

/** In a segment's name; "0" where the system does not tell when a process started. */
const startOf = ({ startedAt }: ProcessIdentity): string => startedAt?.replaceAll(/[^0-9a-z]/g, '') ?? '0';

const ownName = (): string => `${process.pid}-${startOf(ProcessIdentity.of(process.pid))}`;
