import { DispatcherInstance } from './dispatcher-instance.js';
import { LogProbe } from './log-probe.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** What {@link DispatcherInstances.start} is given; by itself an instance has no handlers. */
export type InstanceSettings = Parameters<typeof DispatcherInstance.start>[1] & {};

/** The instances of one test and their database, in which a {@link LogProbe} has the table of its effects. */
export class DispatcherInstances {
  readonly #running: DispatcherInstance[] = [];
  #database: TestDatabase | null = null;

  async begin(): Promise<TestDatabase> {
    this.#database = await createTestDatabase();
    await LogProbe.prepare(this.#database.url);
    return this.#database;
  }

  /** One that looks often, and gives up soon. */
  readonly start = async (settings: InstanceSettings = {}): Promise<DispatcherInstance> => {
    const dispatcher = { pollMs: 50, backoffMs: 10, maxAttempts: 3 };
    const instance = await DispatcherInstance.start(this.#database?.url ?? '', { dispatcher, ...settings });
    this.#running.push(instance);
    return instance;
  };

  readonly stop = async (instance: DispatcherInstance): Promise<void> => {
    this.#running.splice(this.#running.indexOf(instance), 1);
    await instance.stop();
  };

  async end(): Promise<void> {
    LogProbe.reset();
    for (const each of this.#running.splice(0)) await each.stop();
    await this.#database?.drop();
  }
}
