import { Binaries } from './binaries.js';
import { connectionUrl } from './connection-url.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { nativeFolder } from './native-folder.js';
import type { Ownership } from './ownership.js';
import { prepareData } from './prepare-data.js';
import { runServer, type ServerSettings } from './run-server.js';
import type { ServerFolder } from './server-folder.js';

/**
 * Runs the server of the folder for its new owner. The ownership is given back when that fails, and by `stop`.
 * @throws Error as `startEmbeddedPostgres`
 */
export async function ownServer(
  ownership: Ownership,
  folder: ServerFolder,
  settings: ServerSettings,
): Promise<EmbeddedPostgres> {
  try {
    folder.settle(settings.log);
    const binaries = await Binaries.prepare(await nativeFolder(), folder.place, folder.account);
    const known = await prepareData(binaries, folder, settings.durable);
    const { postmaster, connection } = await runServer(binaries, folder, known, settings);
    folder.connection.write(connection);

    const pgCtl = binaries.program('pg_ctl');
    // For a process that ends without `stop`: it cannot wait for the server any more, but ask it to end.
    const interrupt = () => postmaster.interrupt(pgCtl);
    process.once('exit', interrupt);
    const shutDown = async () => {
      process.off('exit', interrupt);
      await postmaster.stop(pgCtl).finally(() => ownership.release());
    };
    let ended: Promise<void> | undefined;
    return { url: connectionUrl(connection, settings.database), owner: true, stop: () => (ended ??= shutDown()) };
  } catch (error) {
    ownership.release();
    throw error;
  }
}
