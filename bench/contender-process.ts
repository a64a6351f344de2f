import 'reflect-metadata';
import type { ContenderName } from './contenders.js';
import { answerParent } from './processes/answer-parent.js';

/** A contender that listens. */
export interface RunningContender {
  port: number;
  close(): Promise<unknown>;
}

/** How each starts; loaded only where it is asked for, so that none carries another's modules. */
const STARTS: Record<ContenderName, (databaseUrl: string) => Promise<RunningContender>> = {
  plain: async (url) => (await import('./contenders/plain.js')).startPlain(url),
  statement: async (url) => (await import('./contenders/statement.js')).startStatement(url),
  rows: async (url) => (await import('./contenders/rows.js')).startRows(url),
  ours: async (url) => (await import('./contenders/ours.js')).startOurs(url, { billing: false, crm: false }),
  everything: async (url) => (await import('./contenders/ours.js')).startOurs(url, { billing: true, crm: true }),
  pipeline: async () => (await import('./contenders/pipeline.js')).startPipeline(),
  bare: async () => (await import('./contenders/bare.js')).startBare(),
  socket: async () => (await import('./contenders/socket.js')).startSocket(),
};

let running: RunningContender | null = null;

const questions = {
  /** Gives the port it listens on. */
  start: async ({ name, databaseUrl }: { name: ContenderName; databaseUrl: string }): Promise<number> => {
    running = await STARTS[name](databaseUrl);
    return running.port;
  },
  /** Processor time used so far, in seconds. */
  processorSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  close: async (): Promise<void> => void (await running?.close()),
};

/** What a contender's process is asked. */
export type ContenderQuestions = typeof questions;

answerParent(questions);
