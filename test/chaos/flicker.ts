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
    const { proxy } = this.replica;
    // A process must have got ready before it can be brought to most of the points.
    const pause = proxy.mode === 'pass' ? this.random.between(1_500, 4_000) : this.random.between(500, 1_500);
    this.#timer = setTimeout(() => {
      proxy.set(proxy.mode === 'pass' ? 'refuse' : 'pass');
      this.deeds.set('network: refuse', (this.deeds.get('network: refuse') ?? 0) + 1);
      this.start();
    }, pause);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.replica.proxy.set('pass');
  }
}
