import 'reflect-metadata';
import type { RunningContender } from './contender-process.js';
import { startOurs } from './contenders/ours.js';
import { answerParent } from './processes/answer-parent.js';

/** How one is started. */
export interface ReplicaOrders {
  databaseUrl: string;
  rabbitmqUrl: string;
  /** Whether billing, CRM and the relay run in it; without, it only receives. */
  delivers: boolean;
}

let running: RunningContender | null = null;

const questions = {
  /** Gives the port it listens on. */
  start: async ({ databaseUrl, rabbitmqUrl, delivers }: ReplicaOrders): Promise<number> => {
    running = await startOurs(
      databaseUrl,
      { billing: true, crm: true, dispatcher: delivers && {} },
      { rabbitmq: { url: rabbitmqUrl } },
    );
    return running.port;
  },
  /** Processor time used so far, in seconds. */
  processorSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  close: async (): Promise<void> => void (await running?.close()),
};

/** What a replica's process is asked. */
export type ReplicaQuestions = typeof questions;

answerParent(questions);
