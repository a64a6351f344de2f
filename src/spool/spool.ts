import { access, constants, mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedName, isClosedSegment, isOrphan, newSegmentName } from './segment-name.js';
import { flushDirectory, SegmentTaken, SegmentWriter } from './segment-writer.js';
import { decodeRecords, encodeRecord } from './spool-record.js';

/** How a spool is kept. */
export interface SpoolSettings {
  directory: string;
  /** Most bytes in all segments together. */
  maxBytes: number;
  /** `disk`: flushed before it counts as stored; `process`: left to the operating system. */
  durability: 'disk' | 'process';
}

/** A closed segment with what it holds. */
export interface SpoolSegment<Content> {
  name: string;
  records: Content[];
  /** How many pieces of it were none. */
  damaged: number;
}

const SEGMENT_BYTES = 16 * 1024 * 1024;
const DAMAGED = 'damaged';

/**
 * A journal of what could not be stored elsewhere: segment files in one directory, which processes may share, since
 * each writes its own and only closed ones are read. A segment of a process that was killed is taken over.
 */
export class Spool {
  #writer: SegmentWriter | null = null;
  /** Segments that nobody writes any more and that are not named so yet. */
  readonly #left = new Set<string>();
  #creating: Promise<void> | null = null;
  #name = '';
  #closedBytes = 0;
  #rotating: Promise<void> = Promise.resolve();

  constructor(private readonly settings: SpoolSettings) {}

  /** Creates the directory and counts what earlier processes left. Throws where it cannot be written. */
  async open(): Promise<void> {
    await mkdir(join(this.settings.directory, DAMAGED), { recursive: true, mode: 0o700 });
    // One that is there already may be somebody else's.
    await access(this.settings.directory, constants.R_OK | constants.W_OK);
    await this.#adopt();
    await this.#count();
  }

  /** Bytes of everything that is not drained yet, as far as this process knows. */
  get pendingBytes(): number {
    return this.#closedBytes + (this.#writer?.size ?? 0);
  }

  /** Whether there is anything to drain, also what another process left since. */
  async isPending(): Promise<boolean> {
    if (this.#left.size > 0 || (this.#writer !== null && this.#writer.size > 0)) return true;
    return (await readdir(this.settings.directory)).some((name) => isClosedSegment(name) || isOrphan(name));
  }

  /** Ends when the record is stored. Rejects where the disk refuses it or the spool is full. */
  async append(content: Buffer): Promise<void> {
    // Looked at in the turn in which it is used, so that nobody closes it in between.
    while (this.#writer === null) await this.#created();
    const writer = this.#writer;
    if (this.#closedBytes + writer.size + content.length > this.settings.maxBytes) {
      throw new Error(`the spool is full: ${this.settings.maxBytes} bytes`);
    }
    try {
      await writer.append(content);
    } catch (error) {
      if (!(error instanceof SegmentTaken)) throw error;
      this.#giveUp(writer);
      return this.append(content);
    }
    if (writer.size > SEGMENT_BYTES && writer === this.#writer) await this.#rotate();
  }

  /** Closes what is being written and gives all closed segments, oldest first, unread. */
  async segments(): Promise<string[]> {
    await this.#rotate();
    await this.#adopt();
    await this.#count();
    return (await readdir(this.settings.directory)).filter(isClosedSegment).toSorted();
  }

  /**
   * Reads a segment; what is damaged in it is set aside in a file of its own, the rest is given. A record that `decode`
   * throws at is damaged too, though it is as it was written: left in, it would keep its segment here for ever.
   */
  async read<Content>(name: string, decode: (record: Buffer) => Content): Promise<SpoolSegment<Content>> {
    const { records: whole, damaged } = decodeRecords(await readFile(this.#path(name)));
    const records: Content[] = [];
    for (const record of whole) {
      try {
        records.push(decode(record));
      } catch {
        damaged.push(encodeRecord(record));
      }
    }
    if (damaged.length > 0) {
      const aside = join(this.settings.directory, DAMAGED, name);
      await writeFile(aside, Buffer.concat(damaged), { mode: 0o600, flush: true });
    }
    return { name, records, damaged: damaged.length };
  }

  /** Removes a segment whose every record is stored elsewhere. */
  async remove(name: string): Promise<void> {
    await unlink(this.#path(name));
    await this.#count();
  }

  async close(): Promise<void> {
    await this.#rotate();
  }

  #path(name: string): string {
    return join(this.settings.directory, name);
  }

  #created(): Promise<void> {
    this.#creating ??= this.#create().finally(() => {
      this.#creating = null;
    });
    return this.#creating;
  }

  async #create(): Promise<void> {
    const name = newSegmentName();
    const writer = await SegmentWriter.create(this.#path(name), this.settings.durability === 'disk');
    [this.#writer, this.#name] = [writer, name];
  }

  #rotate(): Promise<void> {
    this.#rotating = this.#rotating.catch(() => undefined).then(() => this.#closeCurrent());
    return this.#rotating;
  }

  async #closeCurrent(): Promise<void> {
    await this.#creating?.catch(() => undefined);
    const writer = this.#writer;
    this.#writer = null;
    if (writer !== null) this.#left.add(this.#name);
    try {
      await writer?.close();
    } finally {
      this.#closedBytes += writer?.size ?? 0;
      await this.#nameClosed();
    }
  }

  /** Also what could not be renamed before: nobody else would, as long as this process lives. */
  async #nameClosed(): Promise<void> {
    if (this.#left.size === 0) return;
    for (const name of this.#left) {
      await rename(this.#path(name), this.#path(closedName(name))).catch(ignoreAbsence);
      this.#left.delete(name);
    }
    if (this.settings.durability === 'disk') await flushDirectory(this.settings.directory);
  }

  #giveUp(writer: SegmentWriter): void {
    if (writer !== this.#writer) return;
    this.#writer = null;
    // Everything in it was written before it was taken, and is its new owner's to flush.
    void writer.close().catch(() => undefined);
  }

  /** Takes over what killed processes left open; of two that try, the rename lets one win. */
  async #adopt(): Promise<void> {
    for (const name of (await readdir(this.settings.directory)).filter(isOrphan)) {
      await rename(this.#path(name), this.#path(closedName(name))).catch(ignoreAbsence);
    }
  }

  async #count(): Promise<void> {
    const names = (await readdir(this.settings.directory)).filter(isClosedSegment);
    const sizes = await Promise.all(
      names.map((name) => stat(this.#path(name)).then(({ size }) => size, ignoreAbsence)),
    );
    this.#closedBytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
