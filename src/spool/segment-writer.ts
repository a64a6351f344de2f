import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { faultPoint } from '../telemetry/fault-point.js';
import { encodeRecord } from './spool-record.js';

/** Another process took the segment over, as of one that was killed: what was just written may never be read. */
export class SegmentTaken extends Error {
  override readonly name = 'SegmentTaken';
}

interface Waiting {
  bytes: Buffer;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Appends records to one file; those that arrive while the disk is busy share the next write and flush. */
export class SegmentWriter {
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #size = 0;
  /** Bytes that are on their way to the file. */
  #underWay = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly flushes: boolean,
  ) {}

  /** Creates the file; its directory entry is on disk before the first record is. */
  static async create(path: string, flushes: boolean): Promise<SegmentWriter> {
    const file = await open(path, 'wx', 0o600);
    try {
      if (flushes) await flushDirectory(dirname(path));
    } catch (error) {
      await file.close();
      throw error;
    }
    return new SegmentWriter(file, path, flushes);
  }

  /** Bytes written so far, and those that are to be: a limit must see both. */
  get size(): number {
    return this.#size + this.#underWay;
  }

  /** Ends when the record is on disk. Rejects where it is not: nothing of it counts as stored then. */
  append(content: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = encodeRecord(content);
      this.#underWay += bytes.length;
      this.#waiting.push({ bytes, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Ends when everything appended is on disk or refused, and the file closed. */
  async close(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    await this.file.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const bytes = Buffer.concat(batch.map((each) => each.bytes));
      try {
        await this.#writeAll(bytes);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.#underWay -= bytes.length;
    }
    // In the turn in which nothing waited any more: whoever appends in the next one must begin anew.
    this.#writing = null;
  }

  /** A nearly full disk writes a part and reports no error (measured), so the count is what is believed. */
  async #writeAll(bytes: Buffer): Promise<void> {
    try {
      await faultPoint('spool_before_write');
      const { bytesWritten } = await this.file.write(bytes, 0, bytes.length, this.#size);
      if (bytesWritten !== bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
      await faultPoint('spool_after_write_before_sync');
      if (this.flushes) await this.file.datasync();
      await this.#demandOwn();
      this.#size += bytes.length;
      await faultPoint('spool_after_sync_before_ack');
    } catch (error) {
      await this.file.truncate(this.#size);
      throw error;
    }
  }

  /**
   * Whoever takes a segment over renames it before reading it, so a file that still has its name after the write will
   * be read with the write in it. No process can tell for certain that another is dead: its number may mean a different
   * process in the next container.
   */
  async #demandOwn(): Promise<void> {
    try {
      await stat(this.path);
    } catch (error) {
      throw new SegmentTaken('the segment was taken over by another process', { cause: error });
    }
  }
}

/** Makes creations and renames in a directory outlive a loss of power. */
export async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
