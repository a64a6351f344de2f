import { setTimeout as sleep } from 'node:timers/promises';
import { Callbacks } from './callbacks.js';
import { KeepAliveConnection } from './keep-alive-connection.js';

/** A callback that was due at a time, whenever it really left. */
export interface DueCallback {
  smsId: string;
  dueAt: number;
}

const TICK_MS = 1;
const OK = 200;

/** Sends at a steady rate, whatever the answers do; a callback that finds no free connection opens one. */
export class OpenLoop {
  readonly #free: KeepAliveConnection[] = [];
  readonly #callbacks: Callbacks;
  readonly #answers: Promise<number>[] = [];

  constructor(private readonly port: number) {
    this.#callbacks = new Callbacks(port);
  }

  /** Ends when the last callback has left. `onSend` is told of each. Times are those of `performance.now()`. */
  async send(perSecond: number, seconds: number, onSend: (callback: DueCallback) => void): Promise<void> {
    const start = performance.now();
    for (let sent = 0; sent < perSecond * seconds; await sleep(TICK_MS)) {
      const due = Math.min(Math.floor(((performance.now() - start) / 1_000) * perSecond), perSecond * seconds);
      for (; sent < due; sent += 1) {
        const { smsId, text } = this.#callbacks.next();
        onSend({ smsId, dueAt: start + ((sent + 1) / perSecond) * 1_000 });
        this.#answers.push(this.#exchange(text));
      }
    }
  }

  /** Ends when everything is answered. Gives the number of answers other than 200. */
  async close(): Promise<number> {
    const statuses = await Promise.all(this.#answers);
    for (const connection of this.#free) connection.close();
    return statuses.filter((status) => status !== OK).length;
  }

  async #exchange(text: string): Promise<number> {
    const connection = this.#free.pop() ?? (await KeepAliveConnection.open(this.port));
    const status = await new Promise<number>((resolve) => connection.send(text, resolve));
    this.#free.push(connection);
    return status;
  }
}
