import { randomUUID } from 'node:crypto';
import { EVENT_TYPES } from '../../src/domain/domain-event.js';
import { DeliveryClaims } from '../../src/events/delivery-claims.js';
import { querying } from '../postgres/bench-postgres.js';
import { DispatchHost } from './dispatch-host.js';

/** What one claim costs, with no deliveries behind it and with many that are done. */
export interface ClaimCost {
  limit: number;
  delivered: number;
  emptyMs: number;
  filledMs: number;
}

const DELIVERED = 1_000_000;
const LIMIT = 100;
const CLAIMS = 60;
const SUBSCRIBER = 'claimed_by_hand';

/** Medians of claims of {@link LIMIT}, each settled before the next, as handlers do. */
export async function measureClaimCost({ databaseUrl }: { databaseUrl: string }): Promise<ClaimCost> {
  const host = await DispatchHost.start(databaseUrl, { count: 1, batch: 200, handle: () => undefined });
  await host.pause();
  await run(databaseUrl, `insert into esms.subscribers (name, patterns) values ('${SUBSCRIBER}', '{message.*}')`);
  const emptyMs = await medianClaim(host, databaseUrl);
  await run(databaseUrl, FILL);
  await run(databaseUrl, 'vacuum analyze esms.deliveries, esms.changes');
  const filledMs = await medianClaim(host, databaseUrl);
  await host.close();
  return { limit: LIMIT, delivered: DELIVERED, emptyMs, filledMs };
}

const FILL = `
  with added as (
    insert into esms.changes (account, subject, sequence, types, occurred_at, facts)
    select 'default', md5(n::text), 1, '{message.sent}', now(), '[{}]'
    from generate_series(1, ${DELIVERED}) n
    returning account, subject, sequence, position)
  insert into esms.deliveries (account, subject, subscriber, sequence, position, settled_at, attempts)
  select account, subject, '${SUBSCRIBER}', sequence, position, now(), 1 from added`;

/** As the dispatcher does; it may be behind. */
const MAKE = `
  insert into esms.deliveries (account, subject, subscriber, sequence, position)
  select e.account, e.subject, '${SUBSCRIBER}', e.sequence, e.position from esms.events e
  where e.type like 'message.%' on conflict do nothing`;

const SETTLE = `
  update esms.deliveries set settled_at = now(), lease = null, leased_until = null where lease is not null`;

async function medianClaim(host: DispatchHost, databaseUrl: string): Promise<number> {
  await host.receive((CLAIMS * LIMIT) / 2 + LIMIT);
  await run(databaseUrl, MAKE);
  const claims = host.app.get(DeliveryClaims, { strict: false });
  const times: number[] = [];
  for (let index = 0; index < CLAIMS; index += 1) {
    const wanted = {
      subscriber: SUBSCRIBER,
      types: EVENT_TYPES,
      limit: LIMIT,
      freshOnly: false,
      leaseMs: 60_000,
      after: '0',
    };
    const start = performance.now();
    await claims.claim({ ...wanted, lease: randomUUID() });
    times.push(performance.now() - start);
    await run(databaseUrl, SETTLE);
  }
  return times.toSorted((one, other) => one - other)[CLAIMS / 2] ?? Number.NaN;
}

function run(databaseUrl: string, sql: string): Promise<unknown> {
  return querying(databaseUrl, (client) => client.query(sql));
}
