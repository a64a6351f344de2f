import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.js';
import type { ServerConnection } from './connection-file.js';
import type { ServerFolder } from './server-folder.js';
import { serverProcess } from './server-process.js';

const run = promisify(execFile);

/**
 * Makes the data folder if there is none. Returns the login and the port of the last run (0: none yet).
 * @throws Error when the data are of another major version of PostgreSQL, or nobody knows their password any more
 */
export async function prepareData(
  binaries: Binaries,
  folder: ServerFolder,
  durable: boolean,
): Promise<ServerConnection> {
  const { data, connection } = folder;
  if (!existsSync(data)) {
    const login = { port: 0, user: 'esms', password: randomBytes(24).toString('base64url') };
    // Before the data: the other way round a crash in between would leave data nobody can open.
    connection.write(login);
    await initialise(binaries, folder, login, durable);
    return login;
  }
  const major = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (major !== binaries.major) {
    throw new Error(
      `${data} was made by PostgreSQL ${major} and cannot be opened by ${binaries.version}: ` +
        `dump it with the old version and load it again, or remove ${folder.home} to begin anew.`,
    );
  }
  const known = connection.read();
  if (!known) {
    throw new Error(
      `The password of ${data} was kept in ${connection.path}, which is gone: ` +
        `bring it back, or remove ${folder.home} to begin anew.`,
    );
  }
  return known;
}

/**
 * UTF-8, locale C, passwords by SCRAM for everybody. The folder appears complete or not at all: a killed initdb leaves
 * one that looks finished and is not.
 */
async function initialise(
  binaries: Binaries,
  { data, place, account }: ServerFolder,
  { user, password }: ServerConnection,
  durable: boolean,
): Promise<void> {
  const draft = `${data}.new`;
  const passwordFile = join(place, 'initdb.password');
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
    if (account) for (const path of [draft, passwordFile]) chownSync(path, account.uid, account.gid);
    await run(
      binaries.program('initdb'),
      [
        `--pgdata=${draft}`,
        `--username=${user}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
        ...(durable ? [] : ['--no-sync']),
      ],
      serverProcess(account),
    );
    renameSync(draft, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
