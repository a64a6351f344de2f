import 'reflect-metadata';
import type { RunningContender } from './contender-process.js';
import { startOurs } from './contenders/ours.js';
import { answerParent } from './processes/answer-parent.js';

let running: RunningContender | null = null;

const questions = {
  /** Billing, CRM and a relay to RabbitMQ are in each replica. Gives the port it listens on. */
  start: async ({ databaseUrl, rabbitmqUrl }: { databaseUrl: string; rabbitmqUrl: string }): Promise<number> => {
    running = await startOurs(databaseUrl, { billing: true, crm: true }, { rabbitmq: { url: rabbitmqUrl } });
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
