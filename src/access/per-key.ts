import { EsmsError } from '../domain/errors.js';

/** How much of one thing each caller may have under way in this process. */
export class PerKey {
  readonly #underWay = new Map<string, number>();

  /** @param refusal says the limit and what to do */
  constructor(
    private readonly most: number,
    private readonly refusal: string,
  ) {}

  /** Runs `work`; one without a key is not counted. Throws `rate_limited` where the key has as much under way as it may. */
  async run<Result>(key: string | undefined, work: () => Promise<Result>): Promise<Result> {
    if (key === undefined) return work();
    const underWay = this.#underWay.get(key) ?? 0;
    if (underWay >= this.most) throw new EsmsError('rate_limited', this.refusal, { retryAfterSeconds: 1 });
    this.#underWay.set(key, underWay + 1);
    try {
      return await work();
    } finally {
      const left = (this.#underWay.get(key) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(key);
      else this.#underWay.set(key, left);
    }
  }
}
