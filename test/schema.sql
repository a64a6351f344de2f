create table esms.changes (
  account text collate "C" not null,
  subject text collate "C" not null,
  sequence bigint not null,
  id uuid,
  types text[] not null,
  occurred_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  position bigint not null generated always as identity,
  facts text not null,
  view text,
  recipient text,
  constraint changes_pkey PRIMARY KEY (account, subject, sequence)
);

create table esms.contact_entries (
  account text collate "C" not null,
  sms_id text collate "C" not null,
  contact text collate "C" not null,
  kind text not null,
  channel text not null,
  outcome text not null,
  reason text,
  failure_class text,
  occurred_at timestamp with time zone not null,
  sequence bigint not null,
  constraint contact_entries_pkey PRIMARY KEY (account, sms_id)
);

create table esms.cursors (
  subscriber text collate "C" not null,
  position bigint not null,
  gaps int8multirange not null default '{}'::int8multirange,
  lease uuid,
  leased_until timestamp with time zone,
  constraint cursors_pkey PRIMARY KEY (subscriber)
);

create table esms.deliveries (
  account text collate "C" not null,
  subject text collate "C" not null,
  subscriber text collate "C" not null,
  sequence bigint not null,
  position bigint not null,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  lease uuid,
  leased_until timestamp with time zone,
  settled_at timestamp with time zone,
  parked_at timestamp with time zone,
  last_error text,
  constraint deliveries_pkey PRIMARY KEY (subscriber, "position")
);

create table esms.ledger (
  account text collate "C" not null,
  sms_id text collate "C" not null,
  event_id uuid not null,
  kind text collate "C" not null default 'price'::text,
  position bigint not null generated always as identity,
  delta numeric(18,4) not null,
  total numeric(18,4) not null,
  currency text not null,
  channel text,
  telco_id text,
  occurred_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint ledger_pkey PRIMARY KEY (account, sms_id, event_id, kind)
);

create table esms.ledger_checks (
  account text collate "C" not null,
  after_sms_id text collate "C" not null default ''::text,
  difference numeric(24,4) not null default 0,
  messages bigint not null default 0,
  sms_id text,
  known_difference numeric(24,4) not null default 0,
  known_messages bigint not null default 0,
  known_sms_id text,
  checked_at timestamp with time zone,
  due_at timestamp with time zone not null default now(),
  constraint ledger_checks_pkey PRIMARY KEY (account)
);

create table esms.messages (
  account text collate "C" not null,
  sms_id text collate "C" not null,
  version bigint not null,
  sequence bigint not null,
  state text collate "C" not null,
  outcome text collate "C",
  channel text,
  price numeric(18,4),
  recipient text collate "C",
  request_id text collate "C",
  registered boolean not null,
  silent_since timestamp with time zone,
  created_at timestamp with time zone not null,
  document json not null,
  constraint messages_pkey PRIMARY KEY (account, sms_id)
);

create table esms.person_lookups (
  key text collate "C" not null,
  began_at timestamp with time zone not null,
  used integer not null,
  was_over boolean not null,
  constraint person_lookups_pkey PRIMARY KEY (key)
);

create table esms.quarantine (
  account text collate "C" not null,
  id uuid not null,
  received_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  reason text not null,
  raw bytea not null,
  repeats integer not null,
  arrivals timestamp with time zone[] not null default '{}'::timestamp with time zone[],
  replayed_as text,
  constraint quarantine_pkey PRIMARY KEY (account, id)
);

create table esms.receipts (
  account text collate "C" not null,
  sms_id text collate "C" not null,
  source text collate "C" not null,
  digest text collate "C" not null,
  received_at timestamp with time zone not null,
  first_received_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  repeats integer not null,
  arrivals timestamp with time zone[],
  decision text not null,
  report json not null,
  raw bytea,
  constraint receipts_pkey PRIMARY KEY (account, sms_id, source, digest)
);

create table esms.registrations (
  account text collate "C" not null,
  id uuid not null,
  sms_id text collate "C",
  request_id text collate "C",
  ref text collate "C",
  channel text,
  recipient_kind text,
  recipient text collate "C",
  scheduled_for timestamp with time zone,
  metadata jsonb,
  registered_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  requested_at timestamp with time zone,
  linked_sms_id text collate "C",
  closed_at timestamp with time zone,
  sequence bigint not null default 0,
  constraint registrations_pkey PRIMARY KEY (account, id)
);

create table esms.subscriber_hosts (
  subscriber text collate "C" not null,
  host uuid not null,
  patterns text[] not null,
  seen_at timestamp with time zone not null default now(),
  constraint subscriber_hosts_pkey PRIMARY KEY (subscriber, host)
);

create table esms.subscribers (
  name text collate "C" not null,
  patterns text[] not null,
  paused boolean not null default false,
  created_at timestamp with time zone not null default now(),
  starts_after bigint not null default 0,
  replay_after bigint,
  replay_from timestamp with time zone,
  retired_at timestamp with time zone,
  account text collate "C",
  constraint subscribers_pkey PRIMARY KEY (name)
);

create table esms.webhook_attempts (
  account text collate "C" not null,
  webhook uuid not null,
  position bigint not null generated always as identity,
  at timestamp with time zone not null default clock_timestamp(),
  event_id uuid not null,
  type text not null,
  subject text collate "C",
  attempt integer not null,
  status integer,
  duration_ms integer not null,
  error text,
  response text,
  constraint webhook_attempts_pkey PRIMARY KEY (account, webhook, "position")
);

create table esms.webhooks (
  account text collate "C" not null,
  id uuid not null,
  url text not null,
  description text not null,
  secret text not null,
  previous_secret text,
  previous_secret_until timestamp with time zone,
  failing_since timestamp with time zone,
  notice text,
  created_at timestamp with time zone not null default now(),
  constraint webhooks_pkey PRIMARY KEY (account, id)
);

CREATE UNIQUE INDEX changes_position ON esms.changes USING btree ("position");
CREATE INDEX contact_entries_contact ON esms.contact_entries USING btree (account, contact, occurred_at);
CREATE INDEX deliveries_due ON esms.deliveries USING btree (subscriber, "position") WHERE ((settled_at IS NULL) AND (parked_at IS NULL));
CREATE INDEX deliveries_open ON esms.deliveries USING btree (account, subject, subscriber, sequence) WHERE (settled_at IS NULL);
CREATE INDEX deliveries_parked ON esms.deliveries USING btree (subscriber, "position") WHERE (parked_at IS NOT NULL);
CREATE INDEX deliveries_settled ON esms.deliveries USING btree (settled_at) WHERE (settled_at IS NOT NULL);
CREATE INDEX ledger_occurred ON esms.ledger USING btree (account, occurred_at);
CREATE INDEX ledger_recorded ON esms.ledger USING btree (account, recorded_at, "position");
CREATE INDEX messages_created ON esms.messages USING btree (account, created_at, sms_id);
CREATE INDEX messages_failed ON esms.messages USING btree (account, outcome, created_at, sms_id) WHERE (outcome <> 'delivered'::text);
CREATE INDEX messages_open ON esms.messages USING btree (account, state, created_at, sms_id) WHERE (state <> 'reported'::text);
CREATE INDEX messages_recipient ON esms.messages USING btree (account, recipient, created_at) WHERE (recipient IS NOT NULL);
CREATE INDEX messages_request ON esms.messages USING btree (account, request_id) WHERE (request_id IS NOT NULL);
CREATE INDEX messages_silent ON esms.messages USING btree (silent_since) WHERE (silent_since IS NOT NULL);
CREATE INDEX messages_unrecognised ON esms.messages USING btree (account, created_at, sms_id) WHERE (channel = 'unrecognised'::text);
CREATE INDEX quarantine_recorded ON esms.quarantine USING btree (account, recorded_at, id);
CREATE UNIQUE INDEX registrations_link ON esms.registrations USING btree (account, linked_sms_id) WHERE (linked_sms_id IS NOT NULL);
CREATE INDEX registrations_recipient ON esms.registrations USING btree (account, recipient, registered_at) WHERE ((linked_sms_id IS NULL) AND (recipient IS NOT NULL));
CREATE UNIQUE INDEX registrations_ref ON esms.registrations USING btree (account, ref) WHERE (ref IS NOT NULL);
CREATE INDEX registrations_request ON esms.registrations USING btree (account, request_id) WHERE (request_id IS NOT NULL);
CREATE INDEX registrations_silent ON esms.registrations USING btree (GREATEST(registered_at, scheduled_for)) WHERE ((linked_sms_id IS NULL) AND (closed_at IS NULL));
CREATE UNIQUE INDEX registrations_sms_id ON esms.registrations USING btree (account, sms_id) WHERE (sms_id IS NOT NULL);
CREATE INDEX registrations_waiting ON esms.registrations USING btree (account, registered_at) WHERE (linked_sms_id IS NULL);

create view esms.events as
 SELECT c.account,
    c.subject,
    e.sequence,
    COALESCE(c.id, (OVERLAY(OVERLAY("left"(encode(sha256(((((convert_to(c.account, 'UTF8'::name) || decode('00'::text, 'hex'::text)) || convert_to(c.subject, 'UTF8'::name)) || decode('00'::text, 'hex'::text)) || convert_to((e.sequence)::text, 'UTF8'::name))), 'hex'::text), 32) PLACING '8'::text FROM 13) PLACING translate(substr(encode(sha256(((((convert_to(c.account, 'UTF8'::name) || decode('00'::text, 'hex'::text)) || convert_to(c.subject, 'UTF8'::name)) || decode('00'::text, 'hex'::text)) || convert_to((e.sequence)::text, 'UTF8'::name))), 'hex'::text), 17, 1), '0123456789abcdef'::text, '89ab89ab89ab89ab'::text) FROM 17))::uuid) AS id,
    e.type,
    c.occurred_at,
    c.recorded_at,
    e."position",
    ((c.facts)::json -> ((e."position" - c."position"))::integer) AS data,
    (c.view)::json AS view,
    (c.recipient)::json AS recipient
   FROM (changes c
     CROSS JOIN LATERAL ( SELECT each.type,
            ((c."position" + each.number) - 1) AS "position",
            ((c.sequence + each.number) - 1) AS sequence
           FROM unnest(c.types) WITH ORDINALITY each(type, number)) e);

create view esms.v1_contacts as
 SELECT c.account,
    c.contact AS id,
    c.kind,
    c.channel,
    latest.reachable,
    latest.reason,
    ( SELECT min(e.occurred_at) AS min
           FROM contact_entries e
          WHERE ((e.account = c.account) AND (e.contact = c.contact) AND (e.channel = c.channel) AND ((e.outcome = 'delivered'::text) OR (e.failure_class = 'recipient'::text)) AND ((e.outcome = 'delivered'::text) = latest.reachable) AND (e.occurred_at >= ALL ( SELECT o.occurred_at
                   FROM contact_entries o
                  WHERE ((o.account = c.account) AND (o.contact = c.contact) AND (o.channel = c.channel) AND
                        CASE
                            WHEN latest.reachable THEN (o.failure_class = 'recipient'::text)
                            ELSE (o.outcome = 'delivered'::text)
                        END))))) AS since
   FROM (( SELECT DISTINCT ON (contact_entries.account, contact_entries.contact, contact_entries.channel) contact_entries.account,
            contact_entries.contact,
            contact_entries.kind,
            contact_entries.channel
           FROM contact_entries
          ORDER BY contact_entries.account, contact_entries.contact, contact_entries.channel, contact_entries.occurred_at DESC, contact_entries.sms_id) c
     LEFT JOIN LATERAL ( SELECT (e.outcome = 'delivered'::text) AS reachable,
                CASE
                    WHEN (e.outcome <> 'delivered'::text) THEN e.reason
                    ELSE NULL::text
                END AS reason
           FROM contact_entries e
          WHERE ((e.account = c.account) AND (e.contact = c.contact) AND (e.channel = c.channel) AND ((e.outcome = 'delivered'::text) OR (e.failure_class = 'recipient'::text)))
          ORDER BY e.occurred_at DESC, e.sms_id DESC
         LIMIT 1) latest ON (true));

create view esms.v1_ledger as
 SELECT account,
    sms_id,
    kind,
    delta,
    total,
    currency,
    channel,
    telco_id,
        CASE telco_id
            WHEN '1'::text THEN 'Viettel'::text
            WHEN '2'::text THEN 'Mobifone'::text
            WHEN '3'::text THEN 'Vinaphone'::text
            WHEN '4'::text THEN 'Vietnamobile'::text
            WHEN '5'::text THEN 'Gtel'::text
            WHEN '6'::text THEN 'Itel'::text
            WHEN '7'::text THEN 'Reddi'::text
            ELSE NULL::text
        END AS telco_name,
    occurred_at AS at,
    recorded_at,
    event_id
   FROM ledger l;

create view esms.v1_messages as
 SELECT m.account,
    m.sms_id,
    m.request_id,
    r.ref,
    m.channel,
    (((d.facts -> 'channel'::text) -> 1) ->> 'typeId'::text) AS type_id,
    m.state,
    m.outcome,
    (m.state = 'reported'::text) AS final,
    (((d.facts -> 'receivers'::text) ->> 1))::bigint AS counters_receivers,
    (((d.facts -> 'sent'::text) ->> 1))::bigint AS counters_sent,
        CASE
            WHEN d.decides THEN (((d.standing -> 1) ->> 'succeeded'::text))::bigint
            ELSE NULL::bigint
        END AS counters_succeeded,
        CASE
            WHEN d.decides THEN (((d.standing -> 1) ->> 'failed'::text))::bigint
            ELSE NULL::bigint
        END AS counters_failed,
    m.price AS price_amount,
    'VND'::text AS price_currency,
    COALESCE((((d.facts -> 'recipient'::text) -> 1) ->> 'kind'::text), r.recipient_kind) AS recipient_kind,
    m.recipient AS recipient_value,
    ((d.facts -> 'telcoId'::text) ->> 1) AS telco_id,
        CASE ((d.facts -> 'telcoId'::text) ->> 1)
            WHEN '1'::text THEN 'Viettel'::text
            WHEN '2'::text THEN 'Mobifone'::text
            WHEN '3'::text THEN 'Vinaphone'::text
            WHEN '4'::text THEN 'Vietnamobile'::text
            WHEN '5'::text THEN 'Gtel'::text
            WHEN '6'::text THEN 'Itel'::text
            WHEN '7'::text THEN 'Reddi'::text
            ELSE NULL::text
        END AS telco_name,
    ((d.facts -> 'oaId'::text) ->> 1) AS oa_id,
    ((d.facts -> 'templateId'::text) ->> 1) AS template_id,
    ((d.facts -> 'partnerId'::text) ->> 1) AS partner_id,
    ((d.facts -> 'switchSmsId'::text) ->> 1) AS switch_sms_id,
    (d.error ->> 'code'::text) AS error_code,
    (d.error ->> 'message'::text) AS error_message,
    (d.error ->> 'reason'::text) AS error_reason,
    (d.error ->> 'failureClass'::text) AS error_failure_class,
    (r.id IS NOT NULL) AS registered,
    r.metadata,
    COALESCE(((m.document ->> 'contradicted'::text))::boolean, false) AS contradicted,
    (ARRAY( SELECT json_array_elements_text(COALESCE((m.document -> 'anomalies'::text), '[]'::json)) AS json_array_elements_text) ||
        CASE
            WHEN ((r.sms_id <> m.sms_id) OR (r.request_id <> ((d.facts -> 'requestId'::text) ->> 1)) OR ((r.channel <> 'unrecognised'::text) AND (r.channel <> NULLIF((((d.facts -> 'channel'::text) -> 1) ->> 'channel'::text), 'unrecognised'::text))) OR ((COALESCE(NULLIF((((d.facts -> 'receivers'::text) ->> 1))::bigint, 0), NULLIF((((d.facts -> 'sent'::text) ->> 1))::bigint, 0), (1)::bigint) = 1) AND (r.recipient_kind = (((d.facts -> 'recipient'::text) -> 1) ->> 'kind'::text)) AND
            CASE r.recipient_kind
                WHEN 'phone'::text THEN (r.recipient <> (((d.facts -> 'recipient'::text) -> 1) ->> 'value'::text))
                WHEN 'zalo_user'::text THEN ((NOT starts_with(r.recipient, (((d.facts -> 'recipient'::text) -> 1) ->> 'value'::text))) AND (NOT starts_with((((d.facts -> 'recipient'::text) -> 1) ->> 'value'::text), r.recipient)))
                ELSE NULL::boolean
            END)) THEN ARRAY['registration_conflict'::text]
            ELSE '{}'::text[]
        END) AS anomalies,
    m.created_at,
        CASE
            WHEN (d.sent_at > d.reported_at) THEN NULL::timestamp with time zone
            ELSE d.sent_at
        END AS sent_at,
    d.reported_at,
    d.updated_at
   FROM ((messages m
     LEFT JOIN registrations r ON (((r.account = m.account) AND (r.linked_sms_id = m.sms_id))))
     CROSS JOIN LATERAL ( SELECT (m.document -> 'facts'::text) AS facts,
            (m.document -> 'standing'::text) AS standing,
            (((m.document -> 'keys'::text) ->> (((m.document -> 'standing'::text) ->> 0))::integer) !~~ '0%'::text) AS decides,
                CASE
                    WHEN ((m.document -> 'closedAt'::text) IS NULL) THEN ((m.document -> 'error'::text) -> 1)
                    ELSE '{"reason": "no_report", "failureClass": "unspecified"}'::json
                END AS error,
            ((m.document ->> 'firstSentAt'::text))::timestamp with time zone AS sent_at,
            (COALESCE((m.document ->> 'closedAt'::text), (m.document ->> 'firstFinalAt'::text)))::timestamp with time zone AS reported_at,
            (GREATEST((m.document ->> 'lastReportAt'::text), (m.document ->> 'registrationChangedAt'::text), (m.document ->> 'closedAt'::text)))::timestamp with time zone AS updated_at) d)
UNION ALL
 SELECT r.account,
    r.sms_id,
    r.request_id,
    r.ref,
    r.channel,
    NULL::text AS type_id,
        CASE
            WHEN (r.closed_at IS NULL) THEN 'pending'::text
            ELSE 'reported'::text
        END AS state,
        CASE
            WHEN (r.closed_at IS NOT NULL) THEN 'unknown'::text
            ELSE NULL::text
        END AS outcome,
    (r.closed_at IS NOT NULL) AS final,
    NULL::bigint AS counters_receivers,
    NULL::bigint AS counters_sent,
    NULL::bigint AS counters_succeeded,
    NULL::bigint AS counters_failed,
    NULL::numeric AS price_amount,
    'VND'::text AS price_currency,
    r.recipient_kind,
    r.recipient AS recipient_value,
    NULL::text AS telco_id,
    NULL::text AS telco_name,
    NULL::text AS oa_id,
    NULL::text AS template_id,
    NULL::text AS partner_id,
    NULL::text AS switch_sms_id,
    NULL::text AS error_code,
    NULL::text AS error_message,
        CASE
            WHEN (r.closed_at IS NOT NULL) THEN 'no_report'::text
            ELSE NULL::text
        END AS error_reason,
        CASE
            WHEN (r.closed_at IS NOT NULL) THEN 'unspecified'::text
            ELSE NULL::text
        END AS error_failure_class,
    true AS registered,
    r.metadata,
    false AS contradicted,
    '{}'::text[] AS anomalies,
    r.registered_at AS created_at,
    NULL::timestamp with time zone AS sent_at,
    r.closed_at AS reported_at,
    GREATEST(r.changed_at, r.closed_at) AS updated_at
   FROM registrations r
  WHERE (r.linked_sms_id IS NULL);

create view esms.v1_receipts as
 SELECT account,
    sms_id,
    digest AS id,
    received_at,
    recorded_at,
    repeats,
    decision,
    (report ->> 'sendStatus'::text) AS send_status,
    (report ->> 'typeId'::text) AS type_id,
    ((report ->> 'price'::text))::numeric(18,4) AS price,
    ARRAY( SELECT json_array_elements_text(COALESCE((r.report -> 'anomalies'::text), '[]'::json)) AS json_array_elements_text) AS anomalies
   FROM receipts r;
