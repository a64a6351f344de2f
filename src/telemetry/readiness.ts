import { Injectable } from '@nestjs/common';

/** Collects what can take a callback; whoever answers a load balancer need not know who they are. */
@Injectable()
export class Readiness {
  readonly #ways: (() => Promise<boolean>)[] = [];

  /** Adds a way to accept callbacks; `isOpen` tells whether it is open right now, and does not throw. */
  add(isOpen: () => Promise<boolean>): void {
    this.#ways.push(isOpen);
  }

  /** Whether a callback that comes now can be accepted in one way or another. */
  async canAccept(): Promise<boolean> {
    // The first that says so is enough: another one may hang.
    return new Promise((resolve) => {
      const answers = this.#ways.map((isOpen) => isOpen().then((open) => open && resolve(true)));
      void Promise.allSettled(answers).then(() => resolve(false));
    });
  }
}
