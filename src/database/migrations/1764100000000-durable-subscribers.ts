import type { MigrationInterface, QueryRunner } from 'typeorm';
import { beginMigration } from '../begin-migration.js';
import { KEY } from '../key-type.js';
import { type Tables, tablesIn } from '../tables.js';

/** Who hosts a subscriber, and what is under way with it. Adds only, so that the version before can run beside. */
export class DurableSubscribers1764100000000 implements MigrationInterface {
  readonly name = 'DurableSubscribers1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    for (const statement of statementsFor(tablesIn(schemaOf(runner)))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    const { subscribers, subscriber_hosts: hosts, deliveries } = tablesIn(schemaOf(runner));
    await runner.query(`drop table ${hosts}`);
    await runner.query(
      `alter table ${subscribers} drop column replay_after, drop column replay_from, drop column retired_at`,
    );
    await runner.query(`alter table ${deliveries} reset (fillfactor, autovacuum_vacuum_scale_factor)`);
  }
}

const schemaOf = (runner: QueryRunner): string => (runner.connection.options as { schema?: string }).schema ?? 'public';

function statementsFor({ subscribers, subscriber_hosts: hosts, deliveries }: Tables): string[] {
  return [
    `alter table ${subscribers}
      add column replay_after bigint,
      add column replay_from timestamptz,
      add column retired_at timestamptz`,
    `create table ${hosts} (
      subscriber ${KEY} not null,
      host uuid not null,
      patterns text[] not null,
      seen_at timestamptz not null default now(),
      constraint subscriber_hosts_pkey primary key (subscriber, host)
    )`,
    // A delivery is written three times: room for its versions beside it, and dead ones gone before they are many.
    `alter table ${deliveries} set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)`,
  ];
}
