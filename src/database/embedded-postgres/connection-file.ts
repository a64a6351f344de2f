import { chownSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readIfPresent } from './read-if-present.js';

/** How to reach the server on 127.0.0.1. The password is safe inside a URL as it is. */
export interface ServerConnection {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** The one place the password is kept, readable only by the owner of the folder. */
export class ConnectionFile {
  constructor(readonly path: string) {}

  read(): ServerConnection | null {
    const text = readIfPresent(this.path);
    return text === null ? null : JSON.parse(text);
  }

  /** All or nothing, and on the disk: without the password the data could never be opened again. */
  write(connection: ServerConnection): void {
    const draft = `${this.path}.new`;
    writeFileSync(draft, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600, flush: true });
    // Root (sudo) in somebody's folder must not lock that person out.
    const folder = statSync(dirname(this.path));
    if (process.getuid?.() === 0) chownSync(draft, folder.uid, folder.gid);
    renameSync(draft, this.path);
  }
}
