import { Child } from '../processes/child.js';
import { SERVICE_FLAGS } from '../processes/service-flags.js';
import type { ReplicaOrders, ReplicaQuestions } from '../replica-process.js';
import type { Setup } from './setups.js';

/** Replicas of the service, a process each, on one database. */
export class ReplicaSet {
  readonly ports: number[] = [];

  private constructor(private readonly replicas: readonly Child<ReplicaQuestions>[]) {}

  static async start(setup: Setup, given: Omit<ReplicaOrders, 'delivers'>): Promise<ReplicaSet> {
    const replicas = Array.from({ length: setup.replicas }, () =>
      Child.start<ReplicaQuestions>('replica-process', SERVICE_FLAGS),
    );
    const set = new ReplicaSet(replicas);
    try {
      for (const [index, replica] of replicas.entries()) {
        set.ports.push(await replica.ask('start', { ...given, delivers: index < setup.dispatchers }));
      }
    } catch (error) {
      await set.end();
      throw error;
    }
    return set;
  }

  /** Of all of them, in seconds. */
  async processorSeconds(): Promise<number> {
    const each = await Promise.all(this.replicas.map((replica) => replica.ask('processorSeconds')));
    return each.reduce((sum, seconds) => sum + seconds, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.ask('close')));
    await this.end();
  }

  async end(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.end()));
  }
}
