import { access, constants, mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { networkFileSystem } from './network-file-system.js';
import { closedName, drainingName, isClosedSegment, isDrainedSegment, isOrphan } from './segment-name.js';
import { decodeRecords, encodeRecord } from './spool-record.js';

const DAMAGED = 'damaged';
const PROBE = '.probe';
/** Room for some callbacks, and more than a file system spares for a file that exists. */
const PROBE_BYTES = 16 * 1024;

/** A closed segment with what it holds. */
export interface SpoolSegment<Content> {
  name: string;
  records: Content[];
  /** How many pieces of it were none. */
  damaged: number;
}

/** The files of a spool. Processes share them: of two that want one, a rename lets one win. */
export class SegmentFolder {
  constructor(private readonly directory: string) {}

  /** Makes it where it is not there. Throws where it cannot be written. Gives the network file system it is on, if any. */
  async open(): Promise<string | null> {
    await mkdir(join(this.directory, DAMAGED), { recursive: true, mode: 0o700 });
    // One that is there already may be somebody else's.
    await access(this.directory, constants.R_OK | constants.W_OK);
    await rm(this.path(PROBE), { force: true });
    await this.adopt();
    return networkFileSystem(this.directory);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** The names of all files; none where the folder is gone, and its files with it. */
  async names(): Promise<string[]> {
    return (await readdir(this.directory).catch(ignoreAbsence)) ?? [];
  }

  /** Names a segment closed; whatever else became of it meanwhile, it is not there any more. */
  async close(name: string): Promise<void> {
    await rename(this.path(name), this.path(closedName(name))).catch(ignoreAbsence);
  }

  /** Takes over what killed processes left. */
  async adopt(): Promise<void> {
    for (const name of (await this.names()).filter(isOrphan)) await this.close(name);
  }

  /** Takes a closed segment for this process alone, under the name it then has; null where another took it. */
  async claim(name: string): Promise<string | null> {
    const claimed = drainingName(name);
    try {
      await rename(this.path(name), this.path(claimed));
      return claimed;
    } catch (error) {
      return ignoreAbsence(error as NodeJS.ErrnoException) ?? null;
    }
  }

  /**
   * Reads a segment; what is damaged in it is set aside in a file of its own, the rest is given. A record that `decode`
   * throws at is damaged too, though it is as it was written: left in, it would keep its segment here for ever.
   */
  async read<Content>(name: string, decode: (record: Buffer) => Content): Promise<SpoolSegment<Content>> {
    const { records: whole, damaged } = decodeRecords(await readFile(this.path(name)));
    const records: Content[] = [];
    for (const record of whole) {
      try {
        records.push(decode(record));
      } catch {
        damaged.push(encodeRecord(record));
      }
    }
    if (damaged.length > 0) {
      await writeFile(join(this.directory, DAMAGED, closedName(name)), Buffer.concat(damaged), {
        mode: 0o600,
        flush: true,
      });
    }
    return { name, records, damaged: damaged.length };
  }

  /** Removes a segment. Another process may have taken it for a dead one's, and removed it before. */
  async remove(name: string): Promise<void> {
    await unlink(this.path(name)).catch(ignoreAbsence);
  }

  /** Bytes of all segments that nobody writes. */
  async bytes(): Promise<number> {
    const names = (await this.names()).filter((name) => isClosedSegment(name) || isDrainedSegment(name));
    const sizes = await Promise.all(names.map((name) => stat(this.path(name)).then(({ size }) => size, ignoreAbsence)));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }

  /**
   * Whether the disk takes a new file now. Tried, since nothing else knows of all that may be in the way: a disk that is
   * full, or read-only, a quota, rights.
   */
  async takesFiles(): Promise<boolean> {
    try {
      await writeFile(this.path(PROBE), Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
      return true;
    } catch {
      return false;
    } finally {
      await rm(this.path(PROBE), { force: true }).catch(() => undefined);
    }
  }
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
