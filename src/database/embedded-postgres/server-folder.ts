import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConnectionFile } from './connection-file.js';
import { errorCode } from '../../telemetry/error-code.js';
import { canReach, type ServerAccount, serverAccount } from './server-account.js';

/** In this order. `/var/lib` first: many systems delete from `/var/tmp` what was not touched for a month. */
const PLACES_OPEN_TO_ALL = ['/var/lib', '/var/tmp'];
const PASSED_OVER = new Set<unknown>(['EACCES', 'ENOENT', 'EROFS']);

/**
 * Where things are. `home` (`<directory>/postgres`) is ours: password, ownership, log. `place` is where the server's
 * account works, `data` below it: the same folder, unless root keeps it under a closed one (a home of mode 0700), which
 * the account could not enter. Then `place` is elsewhere and the link `home/elsewhere` leads to it.
 */
export class ServerFolder {
  private constructor(readonly home: string) {}

  /**
   * Makes `<directory>/postgres` when it is missing.
   * @throws Error when it belongs to somebody else
   */
  static open(directory: string): ServerFolder {
    const wanted = join(directory, 'postgres');
    mkdirSync(wanted, { recursive: true });
    const home = realpathSync(wanted);
    const me = process.getuid?.();
    const { uid } = statSync(home);
    if (me !== undefined && me !== 0 && me !== uid) {
      throw new Error(`${home} belongs to another user (uid ${uid}): start as that user, or choose another directory.`);
    }
    // The server's account passes through it when we are root, and nobody lists it.
    if (me === uid) chmodSync(home, me === 0 ? 0o711 : 0o700);
    return new ServerFolder(home);
  }

  get place(): string {
    return existsSync(this.pointer) ? realpathSync(this.pointer) : this.home;
  }

  get data(): string {
    return join(this.place, 'data');
  }

  /** Null: the user Node runs as. */
  get account(): ServerAccount | null {
    return serverAccount(this.data);
  }

  get connection(): ConnectionFile {
    return new ConnectionFile(join(this.home, 'connection.json'));
  }

  get log(): string {
    return join(this.home, 'server.log');
  }

  /** Chooses `place` before there are data. Only the owner may call it. */
  settle(log: (line: string) => void): void {
    const { account } = this;
    if (!account || existsSync(this.data) || canReach(account, this.place)) return;
    const elsewhere = makePlace(account);
    rmSync(this.pointer, { force: true });
    symlinkSync(elsewhere, this.pointer);
    log(`PostgreSQL cannot run as root nor enter ${this.home}: its data are in ${elsewhere}`);
  }

  private get pointer(): string {
    return join(this.home, 'elsewhere');
  }
}

/** A new folder that only root and, without listing it, the account can enter. Its name cannot be taken beforehand. */
function makePlace({ uid, gid }: ServerAccount): string {
  for (const parent of PLACES_OPEN_TO_ALL) {
    try {
      const place = mkdtempSync(join(parent, 'nestjs-esms-'));
      chownSync(place, 0, gid);
      chmodSync(place, 0o710);
      return place;
    } catch (error) {
      if (!PASSED_OVER.has(errorCode(error))) throw error;
    }
  }
  throw new Error(
    `PostgreSQL needs a folder that uid ${uid} can enter: none of ${PLACES_OPEN_TO_ALL.join(', ')} is writable.`,
  );
}
