import type { MigrationInterface, QueryRunner } from 'typeorm';
import { beginMigration } from '../begin-migration.js';
import { type Tables, tablesIn } from '../tables.js';

/**
 * The SQL contract for a host's reports, under semantic versioning: the API's JSON, each field under its path in snake
 * case (`price.amount` is `price_amount`). The tables behind are private. Recipients are in full: a GRANT decides who
 * reads a view. Whoever changes a column that is read here makes the view anew.
 */
export class PublicViews1764200000000 implements MigrationInterface {
  readonly name = 'PublicViews1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    const tables = tablesIn(schemaOf(runner));
    for (const [name, select] of Object.entries(VIEWS)) {
      await runner.query(`create view "${schemaOf(runner)}".${name} as ${select(tables)}`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    for (const name of Object.keys(VIEWS)) await runner.query(`drop view "${schemaOf(runner)}".${name}`);
  }
}

const schemaOf = (runner: QueryRunner): string => (runner.connection.options as { schema?: string }).schema ?? 'public';

const VIEWS: Readonly<Record<string, (tables: Tables) => string>> = {
  v1_messages: messages,
  v1_receipts: receipts,
  v1_ledger: ledger,
  v1_contacts: contacts,
};

const telcoName = (id: string): string => `
  case ${id}
    when '1' then 'Viettel' when '2' then 'Mobifone' when '3' then 'Vinaphone' when '4' then 'Vietnamobile'
    when '5' then 'Gtel' when '6' then 'Itel' when '7' then 'Reddi'
  end as telco_name`;

/** A fact of a document is a pair of the place of its key and its value. */
const fact = (name: string): string => `d.facts->'${name}'->>1`;

/** What a message was registered with and what its callbacks say cannot both be true; null is as good as false. */
const CONTRADICTS_REGISTRATION = `
  r.sms_id <> m.sms_id or r.request_id <> ${fact('requestId')}
  or (r.channel <> 'unrecognised' and r.channel <> nullif(d.facts->'channel'->1->>'channel', 'unrecognised'))
  or (
    coalesce(nullif((${fact('receivers')})::bigint, 0), nullif((${fact('sent')})::bigint, 0), 1) = 1
    and r.recipient_kind = d.facts->'recipient'->1->>'kind'
    and case r.recipient_kind
      when 'phone' then r.recipient <> d.facts->'recipient'->1->>'value'
      when 'zalo_user' then not starts_with(r.recipient, d.facts->'recipient'->1->>'value')
        and not starts_with(d.facts->'recipient'->1->>'value', r.recipient)
    end
  )`;

/**
 * A message with its registration, if any; then the registrations that no message was linked to yet. What has a column
 * is read from it: an index finds no value inside a document.
 */
function messages(t: Tables): string {
  return `
    select
      m.account, m.sms_id, m.request_id, r.ref, m.channel,
      d.facts->'channel'->1->>'typeId' as type_id,
      m.state, m.outcome, m.state = 'reported' as final,
      (${fact('receivers')})::bigint as counters_receivers,
      (${fact('sent')})::bigint as counters_sent,
      case when d.decides then (d.standing->1->>'succeeded')::bigint end as counters_succeeded,
      case when d.decides then (d.standing->1->>'failed')::bigint end as counters_failed,
      m.price as price_amount, 'VND' as price_currency,
      coalesce(d.facts->'recipient'->1->>'kind', r.recipient_kind) as recipient_kind,
      m.recipient as recipient_value,
      ${fact('telcoId')} as telco_id, ${telcoName(fact('telcoId'))},
      ${fact('oaId')} as oa_id, ${fact('templateId')} as template_id, ${fact('partnerId')} as partner_id,
      ${fact('switchSmsId')} as switch_sms_id,
      d.error->>'code' as error_code, d.error->>'message' as error_message, d.error->>'reason' as error_reason,
      d.error->>'failureClass' as error_failure_class,
      r.id is not null as registered, r.metadata,
      coalesce((m.document->>'contradicted')::boolean, false) as contradicted,
      array(select json_array_elements_text(coalesce(m.document->'anomalies', '[]')))
        || case when ${CONTRADICTS_REGISTRATION} then array['registration_conflict'] else '{}' end as anomalies,
      m.created_at,
      case when d.sent_at > d.reported_at then null else d.sent_at end as sent_at, d.reported_at, d.updated_at
    from ${t.messages} m
    left join ${t.registrations} r on r.account = m.account and r.linked_sms_id = m.sms_id
    cross join lateral (
      select
        m.document->'facts' as facts, m.document->'standing' as standing,
        m.document->'keys'->>(m.document->'standing'->>0)::int not like '0%' as decides,
        case when m.document->'closedAt' is null then m.document->'error'->1
          else '{"reason": "no_report", "failureClass": "unspecified"}'::json end as error,
        (m.document->>'firstSentAt')::timestamptz as sent_at,
        (coalesce(m.document->>'closedAt', m.document->>'firstFinalAt'))::timestamptz as reported_at,
        greatest(
          m.document->>'lastReportAt', m.document->>'registrationChangedAt', m.document->>'closedAt'
        )::timestamptz as updated_at
    ) d
    union all
    select
      r.account, r.sms_id, r.request_id, r.ref, r.channel, null,
      case when r.closed_at is null then 'pending' else 'reported' end,
      case when r.closed_at is not null then 'unknown' end, r.closed_at is not null, null, null, null, null,
      null, 'VND', r.recipient_kind, r.recipient, null, null, null, null, null, null, null, null,
      case when r.closed_at is not null then 'no_report' end,
      case when r.closed_at is not null then 'unspecified' end,
      true, r.metadata, false, '{}', r.registered_at, null, r.closed_at, greatest(r.changed_at, r.closed_at)
    from ${t.registrations} r where r.linked_sms_id is null`;
}

/** The timeline of a message, by `received_at`. */
function receipts(t: Tables): string {
  return `
    select
      r.account, r.sms_id, r.digest as id, r.received_at, r.recorded_at, r.repeats, r.decision,
      r.report->>'sendStatus' as send_status, r.report->>'typeId' as type_id,
      (r.report->>'price')::numeric(18,4) as price,
      array(select json_array_elements_text(coalesce(r.report->'anomalies', '[]'))) as anomalies
    from ${t.receipts} r`;
}

/** One row for each change of a price, and two where the channel or carrier it is counted under changed. */
function ledger(t: Tables): string {
  return `
    select
      l.account, l.sms_id, l.kind, l.delta, l.total, l.currency, l.channel, l.telco_id, ${telcoName('l.telco_id')},
      l.occurred_at as at, l.recorded_at, l.event_id
    from ${t.ledger} l`;
}

/** What of a person's history says something about the person. */
const EVIDENCE = `(e.outcome = 'delivered' or e.failure_class = 'recipient')`;

/** One row for each channel of a person: what the latest evidence says, and since when that has been so. */
function contacts(t: Tables): string {
  const ofTheirs = 'e.account = c.account and e.contact = c.contact and e.channel = c.channel';
  return `
    select
      c.account, c.contact as id, c.kind, c.channel, latest.reachable, latest.reason,
      (
        select min(e.occurred_at) from ${t.contact_entries} e
        where ${ofTheirs} and ${EVIDENCE} and (e.outcome = 'delivered') = latest.reachable and e.occurred_at >= all (
          select o.occurred_at from ${t.contact_entries} o
          where o.account = c.account and o.contact = c.contact and o.channel = c.channel
            and case when latest.reachable then o.failure_class = 'recipient' else o.outcome = 'delivered' end)
      ) as since
    from (
      select distinct on (account, contact, channel) account, contact, kind, channel
      from ${t.contact_entries} order by account, contact, channel, occurred_at desc, sms_id
    ) c
    left join lateral (
      select e.outcome = 'delivered' as reachable, case when e.outcome <> 'delivered' then e.reason end as reason
      from ${t.contact_entries} e where ${ofTheirs} and ${EVIDENCE}
      order by e.occurred_at desc, e.sms_id desc limit 1
    ) latest on true`;
}
