/** Why a connection failed, in words. An error of several addresses has no message of its own, only a code. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}

/** What a handler failed with, as it is kept with a delivery. */
export const failureText = (error: Error): string =>
  (error.stack ?? error.message).slice(0, 2_000).replaceAll('\0', '\uFFFD');
