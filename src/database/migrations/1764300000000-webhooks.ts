import type { MigrationInterface, QueryRunner } from 'typeorm';
import { beginMigration } from '../begin-migration.js';
import { KEY } from '../key-type.js';
import { RECORDED_AT } from '../recorded-at.js';
import { type Tables, tablesIn } from '../tables.js';

/** Webhooks, which are subscribers of one account. Adds only, so that the version before can run beside. */
export class Webhooks1764300000000 implements MigrationInterface {
  readonly name = 'Webhooks1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    for (const statement of statementsFor(tablesIn(schemaOf(runner)))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    const { subscribers, webhooks, webhook_attempts: attempts } = tablesIn(schemaOf(runner));
    await runner.query(`drop table ${attempts}`);
    await runner.query(`drop table ${webhooks}`);
    // Without its account a webhook's subscriber would be one of all accounts.
    await runner.query(`update ${subscribers} set retired_at = now(), patterns = '{}' where account is not null`);
    await runner.query(`alter table ${subscribers} drop column account`);
  }
}

const schemaOf = (runner: QueryRunner): string => (runner.connection.options as { schema?: string }).schema ?? 'public';

function statementsFor({ subscribers, webhooks, webhook_attempts: attempts }: Tables): string[] {
  return [
    `alter table ${subscribers} add column account ${KEY}`,
    `create table ${webhooks} (
      account ${KEY} not null,
      id uuid not null,
      url text not null,
      description text not null,
      secret text not null,
      previous_secret text,
      previous_secret_until timestamptz,
      failing_since timestamptz,
      notice text,
      created_at timestamptz not null default now(),
      constraint webhooks_pkey primary key (account, id)
    )`,
    `create table ${attempts} (
      account ${KEY} not null,
      webhook uuid not null,
      position bigint not null generated always as identity,
      at ${RECORDED_AT},
      event_id uuid not null,
      type text not null,
      subject ${KEY},
      attempt integer not null,
      status integer,
      duration_ms integer not null,
      error text,
      response text,
      constraint webhook_attempts_pkey primary key (account, webhook, position)
    )`,
  ];
}
