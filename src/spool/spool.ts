import { SegmentFolder, type SpoolSegment } from './segment-folder.js';
import { isClosedSegment, isOrphan, isSegment, newSegmentName } from './segment-name.js';
import { flushDirectory, SegmentTaken, SegmentWriter } from './segment-writer.js';

/** How a spool is kept. */
export interface SpoolSettings {
  directory: string;
  /** Most bytes in all segments together. */
  maxBytes: number;
  /** `disk`: flushed before it counts as stored; `process`: left to the operating system. */
  durability: 'disk' | 'process';
}

const SEGMENT_BYTES = 16 * 1024 * 1024;
/** What a record usually takes at most. */
const USUAL_BYTES = 1_024;

/**
 * A journal of what could not be stored elsewhere: segment files in one directory, which processes may share, since
 * each writes its own, and drains those only that it claimed. A segment of a process that was killed is taken over.
 */
export class Spool {
  readonly #folder: SegmentFolder;
  #writer: SegmentWriter | null = null;
  /** Segments that nobody writes any more and that are not named so yet. */
  readonly #left = new Set<string>();
  #creating: Promise<void> | null = null;
  #name = '';
  #closedBytes = 0;
  #rotating: Promise<void> = Promise.resolve();

  constructor(private readonly settings: SpoolSettings) {
    this.#folder = new SegmentFolder(settings.directory);
  }

  /**
   * Creates the directory and counts what earlier processes left. Throws where it cannot be written. Gives the network
   * file system it is on, null where it is on none that can be told.
   */
  async open(): Promise<string | null> {
    const network = await this.#folder.open();
    await this.#count();
    return network;
  }

  /** Bytes of everything that is not drained yet, as far as this process knows. */
  get pendingBytes(): number {
    return this.#closedBytes + (this.#writer?.size ?? 0);
  }

  /** Whether there is anything to drain, also what another process left since. */
  async isPending(): Promise<boolean> {
    // Also a segment that stayed empty, since what was to be in it was refused: it is to go.
    if (this.#left.size > 0 || this.#writer !== null) return true;
    return (await this.#folder.names()).some((name) => isClosedSegment(name) || isOrphan(name));
  }

  /**
   * Whether nothing is kept in it, by any process: what is being drained is there until it is stored elsewhere. Looks
   * twice, since a listing may miss a file that is renamed meanwhile.
   */
  async isEmpty(): Promise<boolean> {
    return !(await this.#keepsAny()) && !(await this.#keepsAny());
  }

  async #keepsAny(): Promise<boolean> {
    if (this.#left.size > 0 || this.#writer !== null) return true;
    return (await this.#folder.names()).some(isSegment);
  }

  /** Whether a record of usual size would be stored right now; tried on the disk. */
  async canAppend(): Promise<boolean> {
    try {
      await this.#count();
      if (this.pendingBytes + USUAL_BYTES > this.settings.maxBytes) return false;
      if (await this.#folder.takesFiles()) return true;
      // As an append would do it.
      await this.#folder.open();
      return await this.#folder.takesFiles();
    } catch {
      return false;
    }
  }

  /**
   * Ends when the record is stored. Rejects where the disk refuses it or the spool is full.
   *
   * @param isCapped whether it must leave the spool within its most bytes
   */
  async append(content: Buffer, isCapped = true): Promise<void> {
    // Looked at in the turn in which it is used, so that nobody closes it in between.
    while (this.#writer === null) await this.#created();
    const writer = this.#writer;
    if (isCapped && this.pendingBytes + content.length > this.settings.maxBytes) {
      throw new Error(`the spool is full: ${this.settings.maxBytes} bytes`);
    }
    try {
      await writer.append(content);
    } catch (error) {
      if (!(error instanceof SegmentTaken)) throw error;
      this.#giveUp(writer);
      return this.append(content, isCapped);
    }
    if (writer.size > SEGMENT_BYTES && writer === this.#writer) await this.#rotate();
  }

  /** Closes what is being written and gives all closed segments, oldest first, unread and unclaimed. */
  async segments(): Promise<string[]> {
    await this.#rotate();
    await this.#folder.adopt();
    await this.#count();
    return (await this.#folder.names()).filter(isClosedSegment).toSorted();
  }

  /** Takes a closed segment for this process alone, under the name it then has; null where another process took it. */
  claim(name: string): Promise<string | null> {
    return this.#folder.claim(name);
  }

  /** Reads a segment; what is damaged in it, or makes `decode` throw, is set aside in a file of its own. */
  read<Content>(name: string, decode: (record: Buffer) => Content): Promise<SpoolSegment<Content>> {
    return this.#folder.read(name, decode);
  }

  /** Ends a claim: the segment is closed as it was, for whoever drains next. */
  release(name: string): Promise<void> {
    return this.#folder.close(name);
  }

  /** Ends a claim: the segment is gone, but for what is left of it, which is written anew, also where the spool is full. */
  async replace(name: string, left: readonly Buffer[]): Promise<void> {
    await Promise.all(left.map((content) => this.append(content, false)));
    await this.remove(name);
  }

  /** Removes a segment whose every record is stored elsewhere. */
  async remove(name: string): Promise<void> {
    await this.#folder.remove(name);
    await this.#count();
  }

  async close(): Promise<void> {
    await this.#rotate();
  }

  #created(): Promise<void> {
    this.#creating ??= this.#create().finally(() => {
      this.#creating = null;
    });
    return this.#creating;
  }

  async #create(): Promise<void> {
    const name = newSegmentName();
    const flushes = this.settings.durability === 'disk';
    const create = (): Promise<SegmentWriter> => SegmentWriter.create(this.#folder.path(name), flushes);
    // The folder may have been removed.
    const writer = await create().catch(async () => {
      await this.#folder.open();
      return create();
    });
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
      await this.#folder.close(name);
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

  async #count(): Promise<void> {
    this.#closedBytes = await this.#folder.bytes();
  }
}
