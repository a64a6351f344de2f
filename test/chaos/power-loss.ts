import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  appendFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * kill -9 takes nothing out of the system's page cache, a loss of power does. So a process writes down how much of each
 * spool segment it flushed, and where it was killed the rest is cut off.
 */
export async function recordFlushes(directory: string): Promise<void> {
  const flushed = join(directory, 'flushed');
  mkdirSync(flushed, { recursive: true });
  const probe = await open('/dev/null', 'w');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const { datasync } = prototype;
  prototype.datasync = async function (this: FileHandle) {
    const { size } = await this.stat();
    await Reflect.apply(datasync, this, []);
    const name = basename(readlinkSync(`/proc/self/fd/${this.fd}`));
    // Appended in one write: one that is begun anew may be empty when the process is killed.
    appendFileSync(join(flushed, name), `${size}\n`);
  };
}

/** Cuts off what a killed process had written and not flushed; gives how many bytes those were. */
export function loseUnflushed(directory: string): number {
  const spool = join(directory, 'spool');
  if (!existsSync(spool)) return 0;
  let lost = 0;
  for (const name of readdirSync(spool).filter((each) => each.endsWith('.open'))) {
    const record = join(directory, 'flushed', name);
    const size = existsSync(record) ? Math.max(0, ...readFileSync(record, 'utf8').split('\n').map(Number)) : 0;
    const path = join(spool, name);
    const surplus = statSync(path).size - size;
    if (surplus <= 0) continue;
    truncateSync(path, size);
    lost += surplus;
  }
  return lost;
}
