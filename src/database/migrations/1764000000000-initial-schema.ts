import type { MigrationInterface, QueryRunner } from 'typeorm';
import { beginMigration } from '../begin-migration.js';
import { eachEventSql, idSql, POSITIONS_OF_CHANGE } from '../change-sql.js';
import { KEY } from '../key-type.js';
import { RECORDED_AT } from '../recorded-at.js';
import { type Tables, tablesIn } from '../tables.js';

/**
 * Every table. Keys begin with account and message, and no hot row is shared between messages, so the schema can be
 * spread over a distributed PostgreSQL later.
 */
export class InitialSchema1764000000000 implements MigrationInterface {
  readonly name = 'InitialSchema1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    const tables = tablesIn(schemaOf(runner));
    for (const statement of statementsFor(tables)) await runner.query(statement);
    await runner.query(`create view "${schemaOf(runner)}".events as ${eventsSql(tables)}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    await runner.query(`drop view "${schemaOf(runner)}".events`);
    for (const table of Object.values(tablesIn(schemaOf(runner))).toReversed())
      await runner.query(`drop table if exists ${table}`);
  }
}

/** One row an event, for people who look: what we read is the table. */
const eventsSql = ({ changes }: Tables): string => `
  select c.account, c.subject, e.sequence, ${idSql('c', 'e')} as id, e.type,
    c.occurred_at, c.recorded_at, e.position, c.facts::json -> (e.position - c.position)::int as data, c.view::json as view,
    c.recipient::json as recipient
  from ${changes} c ${eachEventSql('c')}`;

const schemaOf = (runner: QueryRunner): string => (runner.connection.options as { schema?: string }).schema ?? 'public';

function statementsFor(t: Tables): string[] {
  return [...messageStatements(t), ...eventStatements(t), ...readerStatements(t)];
}

function messageStatements(t: Tables): string[] {
  return [
    `create table ${t.messages} (
      account ${KEY} not null,
      sms_id ${KEY} not null,
      version bigint not null,
      sequence bigint not null,
      state text collate "C" not null,
      outcome text collate "C",
      channel text,
      price numeric(18,4),
      recipient ${KEY},
      request_id ${KEY},
      registered boolean not null,
      silent_since timestamptz,
      created_at timestamptz not null,
      document json not null,
      constraint messages_pkey primary key (account, sms_id)
    )`,
    `create index messages_created on ${t.messages} (account, created_at, sms_id)`,
    `create index messages_request on ${t.messages} (account, request_id) where request_id is not null`,
    `create index messages_recipient on ${t.messages} (account, recipient, created_at) where recipient is not null`,
    // What is rare and looked for: an index on everything would cost each callback, and find nothing faster.
    `create index messages_open on ${t.messages} (account, state, created_at, sms_id) where state <> 'reported'`,
    `create index messages_failed on ${t.messages} (account, outcome, created_at, sms_id) where outcome <> 'delivered'`,
    `create index messages_unrecognised on ${t.messages} (account, created_at, sms_id) where channel = 'unrecognised'`,
    `create index messages_silent on ${t.messages} (silent_since) where silent_since is not null`,
    `create table ${t.receipts} (
      account ${KEY} not null,
      sms_id ${KEY} not null,
      source ${KEY} not null,
      digest ${KEY} not null,
      received_at timestamptz not null,
      first_received_at timestamptz not null,
      recorded_at ${RECORDED_AT},
      repeats integer not null,
      arrivals timestamptz[],
      decision text not null,
      report json not null,
      raw bytea,
      constraint receipts_pkey primary key (account, sms_id, source, digest)
    )`,
    `create table ${t.registrations} (
      account ${KEY} not null,
      id uuid not null,
      sms_id ${KEY},
      request_id ${KEY},
      ref ${KEY},
      channel text,
      recipient_kind text,
      recipient ${KEY},
      scheduled_for timestamptz,
      metadata jsonb,
      registered_at timestamptz not null,
      changed_at timestamptz not null,
      requested_at timestamptz,
      linked_sms_id ${KEY},
      closed_at timestamptz,
      sequence bigint not null default 0,
      constraint registrations_pkey primary key (account, id)
    )`,
    `create unique index registrations_ref on ${t.registrations} (account, ref) where ref is not null`,
    `create unique index registrations_sms_id on ${t.registrations} (account, sms_id) where sms_id is not null`,
    `create unique index registrations_link on ${t.registrations} (account, linked_sms_id) where linked_sms_id is not null`,
    `create index registrations_waiting on ${t.registrations} (account, registered_at) where linked_sms_id is null`,
    `create index registrations_recipient on ${t.registrations} (account, recipient, registered_at)
      where linked_sms_id is null and recipient is not null`,
    `create index registrations_silent on ${t.registrations} (greatest(registered_at, scheduled_for))
      where linked_sms_id is null and closed_at is null`,
    `create index registrations_request on ${t.registrations} (account, request_id) where request_id is not null`,
    `create table ${t.quarantine} (
      account ${KEY} not null,
      id uuid not null,
      received_at timestamptz not null,
      recorded_at ${RECORDED_AT},
      reason text not null,
      raw bytea not null,
      repeats integer not null,
      arrivals timestamptz[] not null default '{}',
      replayed_as text,
      constraint quarantine_pkey primary key (account, id)
    )`,
    `create index quarantine_recorded on ${t.quarantine} (account, recorded_at, id)`,
  ];
}

function eventStatements(t: Tables): string[] {
  return [
    `create table ${t.changes} (
      account ${KEY} not null,
      subject ${KEY} not null,
      sequence bigint not null,
      id uuid,
      types text[] not null,
      occurred_at timestamptz not null,
      recorded_at ${RECORDED_AT},
      position bigint not null generated always as identity (increment by ${POSITIONS_OF_CHANGE}),
      facts text not null,
      view text,
      recipient text,
      constraint changes_pkey primary key (account, subject, sequence)
    )`,
    `create unique index changes_position on ${t.changes} (position)`,
    `create table ${t.subscribers} (
      name ${KEY} not null,
      patterns text[] not null,
      paused boolean not null default false,
      created_at timestamptz not null default now(),
      starts_after bigint not null default 0,
      constraint subscribers_pkey primary key (name)
    )`,
    // Moved many times a second: room for its versions beside it.
    `create table ${t.cursors} (
      subscriber ${KEY} not null,
      position bigint not null,
      gaps int8multirange not null default '{}',
      lease uuid,
      leased_until timestamptz,
      constraint cursors_pkey primary key (subscriber)
    ) with (fillfactor = 30)`,
    `create table ${t.deliveries} (
      account ${KEY} not null,
      subject ${KEY} not null,
      subscriber ${KEY} not null,
      sequence bigint not null,
      position bigint not null,
      attempts integer not null default 0,
      due_at timestamptz not null default now(),
      lease uuid,
      leased_until timestamptz,
      settled_at timestamptz,
      parked_at timestamptz,
      last_error text,
      constraint deliveries_pkey primary key (subscriber, position)
    )`,
    `create index deliveries_open on ${t.deliveries} (account, subject, subscriber, sequence) where settled_at is null`,
    `create index deliveries_due on ${t.deliveries} (subscriber, position) where settled_at is null and parked_at is null`,
    `create index deliveries_parked on ${t.deliveries} (subscriber, position) where parked_at is not null`,
    `create index deliveries_settled on ${t.deliveries} (settled_at) where settled_at is not null`,
  ];
}

function readerStatements(t: Tables): string[] {
  return [
    `create table ${t.ledger} (
      account ${KEY} not null,
      sms_id ${KEY} not null,
      event_id uuid not null,
      kind ${KEY} not null default 'price',
      position bigint not null generated always as identity,
      delta numeric(18,4) not null,
      total numeric(18,4) not null,
      currency text not null,
      channel text,
      telco_id text,
      occurred_at timestamptz not null,
      recorded_at ${RECORDED_AT},
      constraint ledger_pkey primary key (account, sms_id, event_id, kind)
    )`,
    `create index ledger_recorded on ${t.ledger} (account, recorded_at, position)`,
    `create index ledger_occurred on ${t.ledger} (account, occurred_at)`,
    `create table ${t.ledger_checks} (
      account ${KEY} not null,
      after_sms_id ${KEY} not null default '',
      difference numeric(24,4) not null default 0,
      messages bigint not null default 0,
      sms_id text,
      known_difference numeric(24,4) not null default 0,
      known_messages bigint not null default 0,
      known_sms_id text,
      checked_at timestamptz,
      due_at timestamptz not null default now(),
      constraint ledger_checks_pkey primary key (account)
    )`,
    `create table ${t.contact_entries} (
      account ${KEY} not null,
      sms_id ${KEY} not null,
      contact ${KEY} not null,
      kind text not null,
      channel text not null,
      outcome text not null,
      reason text,
      failure_class text,
      occurred_at timestamptz not null,
      sequence bigint not null,
      constraint contact_entries_pkey primary key (account, sms_id)
    )`,
    `create index contact_entries_contact on ${t.contact_entries} (account, contact, occurred_at)`,
    // Unlogged: a crash may forget a minute.
    `create unlogged table ${t.person_lookups} (
      key ${KEY} not null,
      began_at timestamptz not null,
      used integer not null,
      was_over boolean not null,
      constraint person_lookups_pkey primary key (key)
    )`,
  ];
}
