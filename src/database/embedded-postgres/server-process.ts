import type { ServerAccount } from './server-account.js';

/** Options of `child_process` under which every program of PostgreSQL runs. */
export interface ServerProcess {
  readonly cwd: string;
  readonly windowsHide: true;
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** @param account null: the user Node runs as */
export function serverProcess(account: ServerAccount | null): ServerProcess {
  return {
    // Our own working folder may be closed to the account.
    cwd: '/',
    windowsHide: true,
    ...account,
    // Nothing of ours is handed down: PG… variables would change the server, and it may outlive us with our secrets.
    // Windows programs need theirs.
    ...(process.platform === 'win32' ? {} : { env: { LC_ALL: 'C', TZ: 'UTC' } }),
  };
}
