import { cpus } from 'node:os';

/** Processor time that everything on this machine used since it started, in seconds. */
export function machineSeconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1_000;
}
