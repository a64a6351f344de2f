import { expect, it } from 'vitest';
import type { Database } from '../../src/database/database.js';
import type { Outbox } from '../../src/events/outbox.js';
import { Intake, ReportUnstorable } from '../../src/messages/intake.js';
import type { Applied, MessageStore } from '../../src/messages/message-store.js';
import type { ReceivedReport } from '../../src/messages/received-report.js';
import type { Patience } from '../../src/messages/waiting-report.js';
import type { WriteProbe } from '../../src/messages/write-probe.js';

const received = (smsId: string): ReceivedReport => ({ report: { smsId } }) as unknown as ReceivedReport;

it('halves a batch without those that nobody waits for any more', async () => {
  const patience = new Map(['a', 'poison', 'left', 'b'].map((smsId): [string, Patience] => [smsId, { isOver: false }]));
  const batches: string[][] = [];
  const apply = async (_runner: unknown, reports: readonly ReceivedReport[]): Promise<Applied> => {
    const smsIds = reports.map(({ report }) => report.smsId);
    batches.push(smsIds);
    (patience.get('left') as Patience).isOver = true;
    if (smsIds.includes('poison')) throw Object.assign(new Error('refused'), { code: '22003' });
    return { events: 0, busy: [] };
  };
  const database = { ingest: (work: (runner: unknown) => unknown) => work(null), answers: async () => true };
  const intake = new Intake(
    database as unknown as Database,
    { apply } as unknown as MessageStore,
    {} as Outbox,
    {} as WriteProbe,
  );
  const accept = (smsId: string): Promise<void> => intake.accept(received(smsId), patience.get(smsId));

  void accept('a').catch(() => undefined);
  const [poison, left, b] = ['poison', 'left', 'b'].map(accept);
  expect(await Promise.allSettled([poison, left, b])).toMatchObject([
    { reason: expect.any(ReportUnstorable) },
    { reason: { message: 'nobody waits for it any more' } },
    { status: 'fulfilled' },
  ]);
  expect(batches).toEqual([['a', 'poison', 'left', 'b'], ['a', 'poison'], ['a'], ['poison'], ['b']]);
});
