import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { EmbeddedPostgresDirectory } from '../support/embedded-postgres-directory.js';
import { EmbeddedPostgresProcess } from '../support/embedded-postgres-process.js';
import { query } from '../support/query.js';

const NOBODY = { uid: 65534, gid: 65534 };
const root = process.getuid?.() === 0;
/** Whether an ordinary user could run anything of this checkout: not from within root's closed home. */
const isOpenToOthers = root && spawnSync('cat', [import.meta.filename], NOBODY).status === 0;

/** Shared by the tests that do not need a fresh one: initdb is what takes long. */
let used: EmbeddedPostgresDirectory;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(() => {
  used = EmbeddedPostgresDirectory.create();
});

afterEach(async () => {
  for (const task of cleanUp.splice(0).toReversed()) await task();
  await used.stopServer();
});

afterAll(() => used.remove());

function newDirectory(mode?: number): EmbeddedPostgresDirectory {
  const directory = EmbeddedPostgresDirectory.create(mode);
  cleanUp.push(() => directory.remove());
  return directory;
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** In this process. */
async function start(directory: EmbeddedPostgresDirectory, settings: Record<string, string> = {}) {
  const server = await startEmbeddedPostgres({ directory: directory.path, durable: false, settings });
  cleanUp.push(() => server.stop());
  return server;
}

/** In a process of its own. */
async function startElsewhere(directory: EmbeddedPostgresDirectory, account?: typeof NOBODY) {
  const other = await EmbeddedPostgresProcess.start(directory.path, account);
  cleanUp.push(() => other.kill());
  return other;
}

describe('a server', () => {
  it('keeps its data, login and port from one run to the next', async () => {
    const directory = newDirectory();
    const first = await start(directory);
    expect(first.owner).toBe(true);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    await first.stop();
    expect(directory.postmaster).toBeNull();

    const second = await start(directory);
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(
      await query(
        second.url,
        'select pg_encoding_to_char(encoding) as encoding, datcollate as locale from pg_database where datname = current_database()',
      ),
    ).toEqual([{ encoding: 'UTF8', locale: 'C' }]);
  });

  it('lets nobody in without the password, nor from elsewhere', async () => {
    const { url } = await start(used);
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(await query(url, 'select distinct auth_method from pg_hba_file_rules')).toEqual([
      { auth_method: 'scram-sha-256' },
    ]);
    expect(
      await query(
        url,
        `select current_setting('listen_addresses') as ip, current_setting('unix_socket_directories') as socket`,
      ),
    ).toEqual([{ ip: '127.0.0.1', socket: '' }]);
    expect(modeOf(used.file('connection.json'))).toBe('600');
    expect(modeOf(used.file('server.log'))).toBe('600');
    expect(modeOf(used.data)).toBe('700');
  });

  it('ends with a process that exits without stopping it', async () => {
    const other = await startElsewhere(used);
    await other.exit();
    await expect.poll(() => used.postmaster).toBeNull();
  });

  it('survives the Ctrl-C that the terminal sends to the whole process group', async () => {
    const other = await startElsewhere(used);
    await other.pressControlC();
    expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await other.stop();
    expect(used.postmaster).toBeNull();
  });
});

describe('two processes on one directory', () => {
  it('share the server; only its owner stops it', async () => {
    const owner = await start(used);
    const guest = await startElsewhere(used);
    expect(guest).toMatchObject({ url: owner.url, owner: false });
    await guest.stop();
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('end up with one server when they start at the same moment', async () => {
    const directory = newDirectory();
    const all = await Promise.all([startElsewhere(directory), startElsewhere(directory), start(directory)]);
    expect(all.filter(({ owner }) => owner)).toHaveLength(1);
    expect(new Set(all.map(({ url }) => url))).toHaveLength(1);
    expect(await query(all[0].url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('may use different databases', async () => {
    await start(used);
    const other = await startEmbeddedPostgres({ directory: used.path, database: 'Other "one"' });
    expect(await query(other.url, 'select current_database() as name')).toEqual([{ name: 'Other "one"' }]);
  });
});

describe('after a kill -9', () => {
  it('of its process, the server is adopted, running on, and then stopped', async () => {
    const killed = await startElsewhere(used);
    const { identity } = used.postmaster ?? {};
    await killed.kill();
    expect(used.postmaster?.identity).toEqual(identity);

    const heir = await start(used);
    expect(heir).toMatchObject({ url: killed.url, owner: true });
    expect(used.postmaster?.identity).toEqual(identity);
    await heir.stop();
    expect(used.postmaster).toBeNull();
  });

  it('of both, what was committed is there again', async () => {
    const killed = await startElsewhere(used);
    await query(killed.url, 'create table kept as select generate_series(1, 1000)');
    await killed.kill();
    process.kill(used.postmaster?.identity.pid ?? Number.NaN, 'SIGKILL');

    const { url } = await start(used);
    expect(await query(url, 'select count(*)::int from kept')).toEqual([{ count: 1000 }]);
  });

  it('of the server alone, its owner can still stop', async () => {
    const server = await start(used);
    process.kill(used.postmaster?.identity.pid ?? Number.NaN, 'SIGKILL');
    await server.stop();
    expect((await start(used)).owner).toBe(true);
  });

  it('another process may have got the pid in either lock file', async () => {
    const first = await start(used);
    const postmasterPid = readFileSync(`${used.data}/postmaster.pid`, 'utf8');
    await first.stop();
    // Under the server's account: PostgreSQL would take it for a running server.
    const stranger = spawn('sleep', ['60'], root ? NOBODY : {});
    cleanUp.push(async () => void stranger.kill());
    writeFileSync(`${used.data}/postmaster.pid`, postmasterPid.replace(/^\d+/, String(stranger.pid)));
    writeFileSync(used.file('owner.999'), JSON.stringify({ pid: stranger.pid, startedAt: 'long ago' }));

    expect((await start(used)).owner).toBe(true);
    expect(stranger.exitCode).toBeNull();
  });
});

describe('a start that cannot go the usual way', () => {
  it('takes another port when somebody has its port', async () => {
    const first = await start(used);
    await first.stop();
    const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    cleanUp.push(async () => void squatter.close());
    await once(squatter, 'listening');

    const second = await start(used);
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('shows what the server said, and leaves the directory free', async () => {
    await expect(start(used, { shared_buffers: 'plenty' })).rejects.toThrow(
      /did not start[^]*invalid value for parameter "shared_buffers": "plenty"/,
    );
    expect((await start(used)).owner).toBe(true);
  });

  it('says so when the data are of another major version', async () => {
    const directory = newDirectory();
    mkdirSync(directory.data, { recursive: true });
    writeFileSync(`${directory.data}/PG_VERSION`, '15\n');
    await expect(start(directory)).rejects.toThrow(/was made by PostgreSQL 15/);
  });

  it('says so when the password is lost', async () => {
    const directory = newDirectory();
    await (await start(directory)).stop();
    rmSync(directory.file('connection.json'));
    await expect(start(directory)).rejects.toThrow(/password of .* is gone/);
  });

  it.runIf(root)('finds a place for root whose directory is in a closed home, and finds it again', async () => {
    const directory = newDirectory(0o700);
    const first = await start(directory);
    await query(first.url, 'create table kept as select 42 as answer');
    expect(directory.data.startsWith(directory.path)).toBe(false);
    await first.stop();
    const second = await start(directory);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it.runIf(isOpenToOthers)('works for an ordinary user, and then for root in the same directory', async () => {
    const directory = newDirectory();
    chownSync(directory.path, NOBODY.uid, NOBODY.gid);
    const user = await startElsewhere(directory, NOBODY);
    expect(user.owner).toBe(true);
    await user.stop();
    const admin = await start(directory);
    expect(admin.owner).toBe(true);
    await admin.stop();
    expect((await startElsewhere(directory, NOBODY)).owner).toBe(true);
  });
});
