import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A user of the operating system. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

const NOBODY: ServerAccount = { uid: 65534, gid: 65534 };

/**
 * Whom PostgreSQL must run as; null: the user Node runs as. It refuses to run as root, and only the owner of a data
 * folder may open it.
 */
export function serverAccount(data: string): ServerAccount | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(data, { throwIfNoEntry: false });
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : NOBODY;
}

/** Whether the account may pass through the folder and all folders above it. */
export function canReach(account: ServerAccount, folder: string): boolean {
  const { mode, uid, gid } = statSync(folder);
  const pass = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  if (!(mode & pass)) return false;
  const parent = dirname(folder);
  return parent === folder || canReach(account, parent);
}
