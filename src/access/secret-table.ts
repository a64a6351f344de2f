import { hash, timingSafeEqual } from 'node:crypto';

const digestOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/**
 * Secrets and what each stands for. A look-up takes the same time whatever is asked for: hashes of equal length are
 * compared, all of them, and none is skipped after a match.
 */
export class SecretTable<Meaning> {
  readonly #entries: readonly { digest: Buffer; meaning: Meaning }[];

  constructor(entries: Iterable<readonly [secret: string, meaning: Meaning]>) {
    this.#entries = [...entries].map(([secret, meaning]) => ({ digest: digestOf(secret), meaning }));
  }

  /** What a secret stands for; null for one that is not in the table. */
  find(secret: string): Meaning | null {
    const digest = digestOf(secret);
    let found: Meaning | null = null;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry.meaning;
    return found;
  }
}
