import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SegmentWriter } from '../../src/spool/segment-writer.js';
import { drained, SpoolDirectory } from '../support/spool-directory.js';

let spools: SpoolDirectory;

beforeEach(() => {
  spools = new SpoolDirectory();
});

afterEach(() => {
  vi.restoreAllMocks();
  spools.remove();
});

const record = (text: string): Buffer => Buffer.from(text);

describe('the disk', () => {
  /** Follows every write and flush of the next segment. */
  async function followed(): Promise<{ calls: string[]; prototype: FileHandle }> {
    const probe = await open(join(spools.path, 'probe'), 'w');
    await probe.close();
    const prototype = Object.getPrototypeOf(probe) as FileHandle;
    const calls: string[] = [];
    for (const name of ['write', 'datasync', 'sync'] as const) {
      const real = Reflect.get(prototype, name) as (...given: unknown[]) => Promise<unknown>;
      vi.spyOn(prototype, name).mockImplementation(async function (this: FileHandle, ...given: unknown[]) {
        calls.push(`${name} begins`);
        const result = await Reflect.apply(real, this, given);
        calls.push(`${name} ends`);
        return result as never;
      });
    }
    return { calls, prototype };
  }

  it('has the directory entry first, then the record, then its flush, and only then it is said to be stored', async () => {
    const { calls } = await followed();
    const spool = await spools.open();
    await spool.append(record('a')).then(() => calls.push('stored'));
    await spool.append(record('b')).then(() => calls.push('stored'));
    const append = ['write begins', 'write ends', 'datasync begins', 'datasync ends', 'stored'];
    expect(calls).toEqual(['sync begins', 'sync ends', ...append, ...append]);
    calls.length = 0;
    await spool.segments();
    expect(calls).toEqual(['sync begins', 'sync ends']);
  });

  it('is not flushed where the durability is that of the process', async () => {
    const { calls } = await followed();
    const spool = await spools.open({ durability: 'process' });
    await spool.append(record('a'));
    await spool.close();
    expect(calls).toEqual(['write begins', 'write ends']);
  });

  it('is flushed once for all that came while it was busy', async () => {
    const { calls } = await followed();
    const spool = await spools.open();
    await spool.append(record('first'));
    calls.length = 0;
    await Promise.all(Array.from({ length: 500 }, (_, index) => spool.append(record(String(index)))));
    expect(calls.filter((call) => call === 'datasync begins').length).toBeLessThanOrEqual(3);
    expect(await drained(spool)).toHaveLength(501);
  });

  it.each(['a short write', 'a failed write', 'a failed flush'])(
    '%s: not stored, nothing of it left, the next one is',
    async (fault) => {
      const { prototype } = await followed();
      const spool = await spools.open();
      await spool.append(record('before'));
      const write = vi.spyOn(prototype, 'write');
      const datasync = vi.spyOn(prototype, 'datasync');
      if (fault === 'a short write') {
        write.mockImplementationOnce(async function (this: FileHandle, ...given: unknown[]) {
          const bytes = (given[0] as Buffer).subarray(0, 17);
          const part = await open(join(spools.path, spools.files('.open')[0] as string), 'r+');
          await part.write(bytes, 0, bytes.length, given[3] as number);
          await part.close();
          return { bytesWritten: bytes.length, buffer: bytes } as never;
        });
      }
      if (fault === 'a failed write') write.mockRejectedValueOnce(new Error('EIO'));
      if (fault === 'a failed flush') datasync.mockRejectedValueOnce(new Error('EIO'));
      await expect(spool.append(record('refused'))).rejects.toThrow(/only 17 of|EIO/);
      await spool.append(record('after'));
      const [name = ''] = await spool.segments();
      const { records, damaged } = await spool.read(name, String);
      expect(records).toEqual(['before', 'after']);
      expect(damaged).toBe(0);
    },
  );

  /** A file system of one megabyte. */
  async function onSmallDisk(work: () => Promise<void>): Promise<boolean> {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', spools.path]).status !== 0) return false;
    try {
      await work();
    } finally {
      spawnSync('umount', [spools.path]);
    }
    return true;
  }

  it('really full: what was stored is read, what was refused is not, and there is room again after a drain', async ({
    skip,
  }) => {
    const mounted = await onSmallDisk(async () => {
      const spool = await spools.open();
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          spool.append(Buffer.alloc(50_000, index)).then(
            () => index,
            () => null,
          ),
        ),
      );
      for (let index = 40; index < 60; index += 1) {
        results.push(
          await spool.append(Buffer.alloc(50_000, index)).then(
            () => index,
            () => null,
          ),
        );
      }
      const stored = results.filter((index) => index !== null);
      expect(stored.length).toBeGreaterThan(0);
      expect(stored.length).toBeLessThan(22);
      const read: number[] = [];
      for (const name of await spool.segments()) {
        const segment = await spool.read(name, ([first]) => first as number);
        expect(segment.damaged).toBe(0);
        read.push(...segment.records);
        await spool.remove(name);
      }
      expect(read).toEqual(stored);
      await expect(spool.append(Buffer.alloc(50_000))).resolves.toBeUndefined();
      await spool.close();
    });
    if (!mounted) skip('no tmpfs can be mounted here; the injected short write stands for it');
  });
});

describe('a segment', () => {
  it('takes what is appended in the very turn in which the last one was stored', async () => {
    const writer = await SegmentWriter.create(join(spools.path, 'a.open'), true);
    for (let index = 0; index < 50; index += 1) await writer.append(record(String(index)));
    await Promise.all([writer.append(record('x')), writer.close()]);
    expect(readFileSync(join(spools.path, 'a.open')).length).toBe(writer.size);
  });
});
