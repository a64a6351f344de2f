create table esms.contact_entries (
  account text not null,
  sms_id text not null,
  contact text not null,
  kind text not null,
  channel text not null,
  outcome text not null,
  reason text,
  failure_class text,
  occurred_at timestamp with time zone not null,
  sequence bigint not null,
  constraint contact_entries_pkey PRIMARY KEY (account, sms_id)
);

create table esms.deliveries (
  account text not null,
  subject text not null,
  subscriber text not null,
  sequence bigint not null,
  position bigint not null,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  lease uuid,
  leased_until timestamp with time zone,
  settled_at timestamp with time zone,
  parked_at timestamp with time zone,
  last_error text,
  constraint deliveries_pkey PRIMARY KEY (account, subject, subscriber, sequence)
);

create table esms.events (
  account text not null,
  subject text not null,
  sequence bigint not null,
  id uuid not null,
  type text not null,
  occurred_at timestamp with time zone not null,
  position bigint not null generated always as identity,
  data json not null,
  view json,
  view_of bigint,
  recipient json,
  constraint events_pkey PRIMARY KEY (account, subject, sequence)
);

create table esms.ledger (
  account text not null,
  sms_id text not null,
  event_id uuid not null,
  position bigint not null generated always as identity,
  delta numeric(18,4) not null,
  total numeric(18,4) not null,
  currency text not null,
  channel text,
  telco_id text,
  occurred_at timestamp with time zone not null,
  constraint ledger_pkey PRIMARY KEY (account, sms_id, event_id)
);

create table esms.messages (
  account text not null,
  sms_id text not null,
  version bigint not null,
  sequence bigint not null,
  state text not null,
  outcome text,
  channel text,
  price numeric(18,4),
  recipient text,
  request_id text,
  registered boolean not null,
  silent_since timestamp with time zone,
  created_at timestamp with time zone not null,
  document json not null,
  constraint messages_pkey PRIMARY KEY (account, sms_id)
);

create table esms.quarantine (
  account text not null,
  id uuid not null,
  received_at timestamp with time zone not null,
  reason text not null,
  raw bytea not null,
  repeats integer not null,
  replayed_as text,
  constraint quarantine_pkey PRIMARY KEY (account, id)
);

create table esms.receipts (
  account text not null,
  sms_id text not null,
  source text not null,
  digest text not null,
  received_at timestamp with time zone not null,
  first_received_at timestamp with time zone not null,
  repeats integer not null,
  decision text not null,
  report json not null,
  raw bytea,
  constraint receipts_pkey PRIMARY KEY (account, sms_id, source, digest)
);

create table esms.registrations (
  account text not null,
  id uuid not null,
  sms_id text,
  request_id text,
  ref text,
  channel text,
  recipient_kind text,
  recipient text,
  scheduled_for timestamp with time zone,
  metadata jsonb,
  registered_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  linked_sms_id text,
  constraint registrations_pkey PRIMARY KEY (account, id)
);

create table esms.subscriber_hosts (
  subscriber text not null,
  host uuid not null,
  patterns text[] not null,
  seen_at timestamp with time zone not null default now(),
  constraint subscriber_hosts_pkey PRIMARY KEY (subscriber, host)
);

create table esms.subscribers (
  name text not null,
  patterns text[] not null,
  paused boolean not null default false,
  created_at timestamp with time zone not null default now(),
  replay_after bigint,
  replay_from timestamp with time zone,
  retired_at timestamp with time zone,
  account text,
  constraint subscribers_pkey PRIMARY KEY (name)
);

create table esms.webhook_attempts (
  account text not null,
  webhook uuid not null,
  position bigint not null generated always as identity,
  at timestamp with time zone not null default now(),
  event_id uuid not null,
  type text not null,
  subject text,
  attempt integer not null,
  status integer,
  duration_ms integer not null,
  error text,
  response text,
  constraint webhook_attempts_pkey PRIMARY KEY (account, webhook, "position")
);

create table esms.webhooks (
  account text not null,
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

CREATE INDEX contact_entries_contact ON esms.contact_entries USING btree (account, contact, occurred_at);
CREATE INDEX deliveries_due ON esms.deliveries USING btree (subscriber, "position") WHERE ((settled_at IS NULL) AND (parked_at IS NULL));
CREATE INDEX deliveries_parked ON esms.deliveries USING btree (subscriber, "position") WHERE (parked_at IS NOT NULL);
CREATE INDEX deliveries_settled ON esms.deliveries USING btree (settled_at) WHERE (settled_at IS NOT NULL);
CREATE INDEX events_position ON esms.events USING btree ("position");
CREATE INDEX ledger_occurred ON esms.ledger USING btree (account, occurred_at);
CREATE INDEX ledger_position ON esms.ledger USING btree (account, "position");
CREATE INDEX messages_created ON esms.messages USING btree (account, created_at, sms_id);
CREATE INDEX messages_recipient ON esms.messages USING btree (account, recipient, created_at) WHERE (recipient IS NOT NULL);
CREATE INDEX messages_request ON esms.messages USING btree (account, request_id) WHERE (request_id IS NOT NULL);
CREATE INDEX messages_silent ON esms.messages USING btree (silent_since) WHERE (silent_since IS NOT NULL);
CREATE INDEX quarantine_received ON esms.quarantine USING btree (account, received_at, id);
CREATE UNIQUE INDEX registrations_link ON esms.registrations USING btree (account, linked_sms_id) WHERE (linked_sms_id IS NOT NULL);
CREATE UNIQUE INDEX registrations_ref ON esms.registrations USING btree (account, ref) WHERE (ref IS NOT NULL);
CREATE INDEX registrations_request ON esms.registrations USING btree (account, request_id) WHERE (request_id IS NOT NULL);
CREATE UNIQUE INDEX registrations_sms_id ON esms.registrations USING btree (account, sms_id) WHERE (sms_id IS NOT NULL);
