import { fastify } from 'fastify';
import { NestFactory } from '@nestjs/core';
import { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import type { QuarantineStore } from '../../src/callbacks/quarantine.store.js';
import { ChannelServices } from '../../src/channels/channel-services.js';
import { Database } from '../../src/database/database.js';
import type { Statement } from '../../src/database/sql-runner.js';
import { SystemClock } from '../../src/domain/clock.js';
import type { Outbox } from '../../src/events/outbox.js';
import { EsmsModule } from '../../src/index.js';
import { Intake } from '../../src/messages/intake.js';
import { MessageStore } from '../../src/messages/message-store.js';
import type { ReceivedReport } from '../../src/messages/received-report.js';
import type { WriteProbe } from '../../src/messages/write-probe.js';
import type { RunningContender } from '../contender-process.js';
import { Callbacks } from '../load/callbacks.js';
import { HOST, ROUTE, TOKEN } from './callback-route.js';
import { listeningPort } from './listening-port.js';

/** What one callback of a sample writes; `elements` are the bytes of each parameter's array behind its head. */
interface Sample {
  typeId: string;
  smsId: string;
  statements: { sql: string; rows: number; heads: Buffer[]; elements: string[] }[];
}

/** Of a binary array: dimensions, whether there are NULLs, type, length, lower bound. */
const HEAD_BYTES = 20;
const LENGTH_AT = 12;

/**
 * The least that a service of our schema and durability can do: HTTP as in `bare`, then the rows that ours makes of such
 * a callback, copied with another SMSID and written in the same batches by the same pool. Nothing is checked, decoded,
 * looked up or decided.
 */
export async function startRows(url: string): Promise<RunningContender> {
  const accounts = { default: { tokens: [TOKEN] } };
  const module = EsmsModule.forRoot({
    accounts,
    database: { url },
    spool: false,
    billing: false,
    crm: false,
    dispatcher: false,
  });
  const context = await NestFactory.createApplicationContext(module, { logger: ['error', 'fatal'] });
  const database = context.get(Database, { strict: false });
  await database.whenReady();
  const store = context.get(MessageStore, { strict: false });
  const samples = await samplesOf(store, context.get(ChannelServices, { strict: false }));
  const copying = {
    apply: async (transaction, received) => {
      await transaction.commitWith(copies(samples, received));
      return { events: 0, busy: [] };
    },
  } satisfies Pick<MessageStore, 'apply'>;
  const intake = new Intake(database, copying as unknown as MessageStore, {} as Outbox, {} as WriteProbe);
  const app = fastify();
  app.get(`/${ROUTE}`, async ({ raw: { url: path = '' } }) => {
    const report = { smsId: parameterIn(path, 'SMSID'), typeId: parameterIn(path, 'TypeId') };
    await intake.accept({ report, raw: null } as ReceivedReport);
    return 'OK';
  });
  await app.listen({ port: 0, host: HOST });
  const close = async (): Promise<void> => {
    await app.close();
    await context.close();
  };
  return { port: listeningPort(app.server), close };
}

/** What ours would write for one callback of each sample. */
async function samplesOf(store: MessageStore, channels: ChannelServices): Promise<Sample[]> {
  const callbacks = new Callbacks(0);
  const samples: Sample[] = [];
  for (const { text } of [callbacks.next(), callbacks.next()]) {
    const query = Buffer.from(text.slice(text.indexOf('?') + 1, text.indexOf(' HTTP/')), 'latin1');
    const accept = async (received: ReceivedReport): Promise<void> => {
      const { typeId, smsId } = received.report;
      const commitWith = async (statements: readonly Statement[]): Promise<void> => {
        samples.push({ typeId: typeId ?? '', smsId, statements: statements.map(takenApart) });
      };
      await store.apply({ query: async () => ({ rows: [] }), commitWith }, [received]);
    };
    const keeper = new CallbackKeeper(channels, { accept } as unknown as Intake, {} as QuarantineStore);
    await keeper.keep({ account: 'default', query, receivedAt: new SystemClock().now() });
  }
  return samples;
}

function takenApart({ sql, parameters }: Statement): Sample['statements'][number] {
  return {
    sql,
    rows: parameters[0]?.readInt32BE(LENGTH_AT) ?? 0,
    heads: parameters.map((bytes) => bytes.subarray(0, HEAD_BYTES)),
    elements: parameters.map((bytes) => bytes.toString('latin1', HEAD_BYTES)),
  };
}

/** The statements of all samples are the same, so each is sent once with the rows of all. */
function copies(samples: readonly Sample[], received: readonly ReceivedReport[]): Statement[] {
  const meant = received.map(({ report }) => ({ report, sample: sampleOf(samples, report.typeId) }));
  return (samples[0] as Sample).statements.map(({ sql, heads }, statement) => {
    const parts = meant.map(({ report, sample }) => ({ report, sample, part: sample.statements[statement] }));
    const rows = parts.reduce((sum, { part }) => sum + (part?.rows ?? 0), 0);
    const parameters = heads.map((head, index) => {
      const elements = parts.map(({ report, sample, part }) =>
        (part?.elements[index] ?? '').replaceAll(sample.smsId, report.smsId),
      );
      const bytes = Buffer.concat([head, Buffer.from(elements.join(''), 'latin1')]);
      bytes.writeInt32BE(rows, LENGTH_AT);
      return bytes;
    });
    return { sql, parameters };
  });
}

const sampleOf = (samples: readonly Sample[], typeId: string | null): Sample =>
  samples.find((sample) => sample.typeId === typeId) as Sample;

function parameterIn(path: string, name: string): string {
  const start = path.indexOf(`${name}=`) + name.length + 1;
  return path.slice(start, path.indexOf('&', start));
}
