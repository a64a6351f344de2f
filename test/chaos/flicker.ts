import type { Random } from './random.js';
import type { Replica } from './replica.js';

/** Takes the database away from one replica again and again, so that its spool is written and drained all the time. */
export class Flicker {
  readonly deeds = new Map([['network: refuse', 0]]);
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly random: Random,
    private readonly replica: Replica,
  ) {}

  start(): void {
    this.#timer = setTimeout(
      () => {
        const { proxy } = this.replica;
        proxy.set(proxy.mode === 'pass' ? 'refuse' : 'pass');
        this.deeds.set('network: refuse', (this.deeds.get('network: refuse') ?? 0) + 1);
        this.start();
      },
      this.random.between(500, 2_000),
    );
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.replica.proxy.set('pass');
  }
}
