import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closedName } from '../../src/spool/segment-name.js';
import { encodeRecord } from '../../src/spool/spool-record.js';
import { drained, SpoolDirectory } from '../support/spool-directory.js';

const HOLDER = fileURLToPath(new URL('../support/spool-process.ts', import.meta.url));

let spools: SpoolDirectory;

beforeEach(() => {
  spools = new SpoolDirectory();
});

afterEach(() => {
  spools.remove();
});

const record = (text: string): Buffer => Buffer.from(text);

describe('a spool', () => {
  it('gives back what was appended, in order, and is empty after the removal', async () => {
    const spool = await spools.open();
    for (const text of ['a', 'b', 'c']) await spool.append(record(text));
    expect([await spool.isPending(), await spool.isEmpty()]).toEqual([true, false]);
    expect(await drained(spool)).toEqual(['a', 'b', 'c']);
    for (const name of await spool.segments()) await spool.remove(name);
    expect([await spool.isPending(), await spool.isEmpty()]).toEqual([false, true]);
    expect(spool.pendingBytes).toBe(0);
    expect(readdirSync(spools.path)).toEqual(['damaged']);
  });

  it('gives what could not be named closed when it was', async () => {
    const spool = await spools.open();
    await spool.append(record('a'));
    const [name = ''] = spools.files('.open');
    const inTheWay = join(spools.path, closedName(name));
    mkdirSync(join(inTheWay, 'full'), { recursive: true });
    await expect(spool.close()).rejects.toThrow(inTheWay);
    expect(await spool.isPending()).toBe(true);
    rmSync(inTheWay, { recursive: true });
    expect(await drained(spool)).toEqual(['a']);
  });

  it('keeps its files to its owner', async () => {
    const spool = await spools.open();
    await spool.append(record('a'));
    const [name = ''] = spools.files('.open');
    expect(statSync(join(spools.path, name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(spools.path, 'damaged')).mode & 0o777).toBe(0o700);
    await spool.close();
  });

  it('takes appends in any number while it rotates, and loses, refuses and repeats none', async () => {
    const spool = await spools.open({ durability: 'process' });
    const read: string[] = [];
    let appending = true;
    const rotating = (async () => {
      while (appending) {
        for (const name of await spool.segments()) {
          read.push(...(await spool.read(name, String)).records);
          await spool.remove(name);
        }
        await new Promise(setImmediate);
      }
    })();
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      for (let index = 0; index < 400; index += 1) await spool.append(record(`${writer}:${index}`));
    });
    await Promise.all(writers);
    appending = false;
    await rotating;
    read.push(...(await drained(spool)));
    expect(read).toHaveLength(6_400);
    expect(new Set(read).size).toBe(6_400);
  });

  it('begins a new segment where one is full', async () => {
    const spool = await spools.open({ durability: 'process' });
    const content = Buffer.alloc(900_000, 'x');
    await Promise.all(Array.from({ length: 40 }, () => spool.append(content)));
    expect(spools.files('.closed').length).toBeGreaterThan(0);
    expect((await drained(spool)).map(({ length }) => length)).toEqual(Array.from({ length: 40 }, () => 900_000));
  });

  it('refuses what would be over its cap, and takes it again once drained', async () => {
    const spool = await spools.open({ maxBytes: 4_000 });
    const results = [];
    for (let index = 0; index < 10; index += 1)
      results.push(await spool.append(Buffer.alloc(900)).then(() => 'ok', String));
    expect(results.slice(0, 4)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(new Set(results.slice(4))).toEqual(new Set(['Error: the spool is full: 4000 bytes']));
    for (const name of await spool.segments()) await spool.remove(name);
    await expect(spool.append(Buffer.alloc(900))).resolves.toBeUndefined();
    await spool.close();
  });

  it('counts what earlier processes left towards its cap', async () => {
    writeFileSync(join(spools.path, '1-aa.closed'), encodeRecord(Buffer.alloc(3_900)));
    const spool = await spools.open({ maxBytes: 4_000 });
    await expect(spool.append(Buffer.alloc(900))).rejects.toThrow('full');
  });

  it('sets damage aside in a file of its own and gives the rest', async () => {
    const torn = encodeRecord(record('torn')).subarray(0, 9);
    writeFileSync(
      join(spools.path, '1-aa.closed'),
      Buffer.concat([encodeRecord(record('a')), torn, encodeRecord(record('b'))]),
    );
    const spool = await spools.open();
    expect(await spool.read('1-aa.closed', String)).toEqual({
      name: '1-aa.closed',
      records: ['a', 'b'],
      damaged: 1,
    });
    expect(readFileSync(join(spools.path, 'damaged', '1-aa.closed'))).toEqual(torn);
  });

  it('sets a whole record aside that its reader cannot use, and gives the rest', async () => {
    const spool = await spools.open();
    for (const text of ['1', 'not JSON', '2']) await spool.append(record(text));
    const [name = ''] = await spool.segments();
    expect(await spool.read(name, (content) => JSON.parse(String(content)) as unknown)).toEqual({
      name,
      records: [1, 2],
      damaged: 1,
    });
    expect(readFileSync(join(spools.path, 'damaged', name))).toEqual(encodeRecord(record('not JSON')));
  });

  it('leaves no empty segment behind where it refused what it made one for', async () => {
    const spool = await spools.open({ maxBytes: 100 });
    await expect(spool.append(Buffer.alloc(900))).rejects.toThrow('full');
    expect(await spool.isPending()).toBe(true);
    for (const name of await spool.segments()) await spool.remove(name);
    expect(await spool.isPending()).toBe(false);
    expect(readdirSync(spools.path)).toEqual(['damaged']);
  });

  it('is made anew where its directory was removed', async () => {
    const spool = await spools.open();
    await spool.append(record('lost with it'));
    rmSync(spools.path, { recursive: true });
    expect(await spool.isPending()).toBe(true);
    expect(await spool.canAppend()).toBe(true);
    await spool.append(record('a'));
    expect(await drained(spool)).toEqual(['a']);
  });

  it('tells what it would do with the next record', async () => {
    const spool = await spools.open({ maxBytes: 4_000 });
    expect(await spool.canAppend()).toBe(true);
    for (let index = 0; index < 4; index += 1) await spool.append(Buffer.alloc(900));
    expect(await spool.canAppend()).toBe(false);
    for (const name of await spool.segments()) await spool.remove(name);
    expect(await spool.canAppend()).toBe(true);
    rmSync(spools.path, { recursive: true });
    writeFileSync(spools.path, 'a file in its place');
    expect(await spool.canAppend()).toBe(false);
    rmSync(spools.path);
    expect(await spool.canAppend()).toBe(true);
  });

  it('says so where its directory cannot be written', async () => {
    writeFileSync(join(spools.path, 'file'), '');
    await expect(spools.open({ directory: join(spools.path, 'file') })).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});

describe('several processes', () => {
  async function holder(...texts: string[]): Promise<{ kill(): Promise<void> }> {
    const child = fork(HOLDER, [spools.path, ...texts], { execArgv: ['--import', import.meta.resolve('tsx')] });
    await once(child, 'message');
    const ended = once(child, 'exit');
    return {
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }

  it('leave each other alone while they live; what a killed one left is taken over, also while another runs', async () => {
    const other = await holder('x', 'y');
    const spool = await spools.open();
    await spool.append(record('own'));
    expect(await drained(spool)).toEqual(['own']);
    for (const name of await spool.segments()) await spool.remove(name);
    expect(await spool.isPending()).toBe(false);
    await other.kill();
    expect(await spool.isPending()).toBe(true);
    expect(await drained(spool)).toEqual(['x', 'y']);
  });

  it('with the number of a living one but another start: taken over', async () => {
    const name = `1-aa.${process.pid}-1.open`;
    writeFileSync(join(spools.path, name), encodeRecord(record('old')));
    expect(await drained(await spools.open())).toEqual(['old']);
  });

  it('that took a living one for dead (another container, the same number) lose nothing of it', async () => {
    const spool = await spools.open();
    await spool.append(record('before'));
    const [name = ''] = spools.files('.open');
    renameSync(join(spools.path, name), join(spools.path, 'taken.closed'));
    const other = await spools.open();
    const taken = await other.read('taken.closed', String);
    await other.remove('taken.closed');
    await Promise.all([spool.append(record('after')), spool.append(record('with it'))]);
    expect(taken.records).toEqual(['before']);
    expect((await drained(spool)).toSorted()).toEqual(['after', 'with it']);
    expect(existsSync(join(spools.path, 'taken.closed'))).toBe(false);
  });

  it('that drain one directory: each segment is given to one of them', async () => {
    const [one, two] = [await spools.open(), await spools.open()];
    for (let index = 0; index < 20; index += 1) {
      await one.append(record(`segment ${index}`));
      await one.segments();
    }
    const names = await one.segments();
    const claims = await Promise.all(names.flatMap((name) => [one.claim(name), two.claim(name)]));
    const claimed = claims.filter((name) => name !== null);
    expect(claimed).toHaveLength(names.length);
    const texts = await Promise.all(claimed.map(async (name) => (await two.read(name, String)).records));
    expect(texts.flat()).toHaveLength(20);
    expect(await two.segments()).toEqual([]);
    expect(await two.isPending()).toBe(false);
    expect(await two.isEmpty()).toBe(false);
    for (const name of claimed) await one.remove(name);
    expect(await two.isEmpty()).toBe(true);
    expect(one.pendingBytes).toBe(0);
  });

  it('what is left of a segment is drained again, and the rest is not; an untouched one is as it was', async () => {
    const spool = await spools.open();
    for (const text of ['a', 'b', 'c']) await spool.append(record(text));
    const [name = ''] = await spool.segments();
    const claimed = (await spool.claim(name)) ?? '';
    await spool.release(claimed);
    expect(await spool.segments()).toEqual([name]);
    await spool.replace((await spool.claim(name)) ?? '', [record('b')]);
    expect(await spool.isPending()).toBe(true);
    expect(await drained(spool)).toEqual(['b']);
  });

  it('what is left is written though the spool is full: it was in there before', async () => {
    const spool = await spools.open({ maxBytes: 2_000 });
    await spool.append(Buffer.alloc(900, 'a'));
    const [name = ''] = await spool.segments();
    const claimed = (await spool.claim(name)) ?? '';
    await spool.append(Buffer.alloc(900, 'b'));
    await spool.replace(claimed, [Buffer.alloc(900, 'a')]);
    expect((await drained(spool)).map(([first]) => first)).toEqual(['b', 'a']);
  });

  it('one that was killed while it drained leaves its segment to the others', async () => {
    const other = await holder('x');
    await other.kill();
    const spool = await spools.open();
    const [name = ''] = await spool.segments();
    // As that one would have named it, and one whose number now is another's.
    const taken = join(spools.path, `${name}.${process.pid}-1.draining`);
    renameSync(join(spools.path, name), taken);
    expect(await spool.isPending()).toBe(true);
    expect(await drained(spool)).toEqual(['x']);
  });

  it('one that drains what another took over from it does no harm', async () => {
    const [one, two] = [await spools.open(), await spools.open()];
    await one.append(record('a'));
    const [name = ''] = await one.segments();
    const claimed = (await one.claim(name)) ?? '';
    renameSync(join(spools.path, claimed), join(spools.path, name));
    await two.remove((await two.claim(name)) ?? '');
    await one.replace(claimed, []);
    await one.release(claimed);
    expect(await one.isPending()).toBe(false);
  });

  it('may drain one directory at once: each segment is removed by one of them', async () => {
    const [one, two] = [await spools.open(), await spools.open()];
    await one.append(record('a'));
    await two.append(record('b'));
    expect((await Promise.all([drained(one), drained(two)])).every((texts) => texts.length > 0)).toBe(true);
    expect(await drained(one)).toEqual(['a', 'b']);
  });
});
