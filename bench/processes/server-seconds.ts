import { readdirSync, readFileSync } from 'node:fs';

/** Of `/proc/PID/stat`, counted behind the name in brackets: parent, then time in ticks, own and of ended children. */
const PARENT = 1;
const TIMES = [11, 12, 13, 14];
const TICKS_A_SECOND = 100;

/** Processor time that a server and its child processes used since it started, in seconds; null where the system does not tell. */
export function serverSeconds(server: number): number | null {
  if (process.platform !== 'linux') return null;
  const ticks = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ name, fields: fieldsOf(name) }))
    .filter(({ name, fields }) => name === String(server) || fields[PARENT] === String(server))
    .flatMap(({ fields }) => TIMES.map((index) => Number(fields[index] ?? 0)));
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_A_SECOND;
}

function fieldsOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
