/** Why a connection failed, in words. An error of several addresses has no message of its own, only a code. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}
