export type { AccountChoice } from './access/account-choice.js';
export { ApiKeyGuard } from './access/api-key.guard.js';
export { ApiKeys, ApiKeysModule } from './access/api-keys.js';
export { type Caller, type Scope, SCOPES } from './access/caller.js';
export type { ListDto } from './access/list.dto.js';
export { EsmsLedger } from './billing/esms-ledger.js';
export type { LedgerDto, SummaryDto } from './billing/ledger.dto.js';
export type { LedgerCheckState } from './billing/ledger-check.js';
export type { EntryKind } from './billing/entries-of.js';
export type { LedgerEntry, LedgerGroup, LedgerPage, LedgerSummary } from './billing/ledger-queries.js';
export { EsmsQuarantine, type QuarantineReplay } from './callbacks/esms-quarantine.js';
export type { QuarantineItem, QuarantineReason } from './callbacks/quarantined-callback.js';
export type { ConnectionOptions } from './config/connection-options.js';
export type {
  AccountOptions,
  ContentMode,
  DatabaseOptions,
  DispatcherOptions,
  EsmsOptions,
  EsmsOptionsFactory,
  EsmsStructure,
  HostDecorator,
  NatsOptions,
  RabbitMqOptions,
  RelayOptions,
  RelaysOptions,
  SpoolOptions,
  WebhookOptions,
} from './config/options.js';
export type { EsmsRootAsyncOptions, EsmsRootOptions } from './config/options.module.js';
export { NAME_PATTERN, SECRET_PATTERN } from './config/patterns.js';
export type { Contact, ContactEntry } from './crm/contact-queries.js';
export { EsmsContacts } from './crm/esms-contacts.js';
export type { ContactOutcome, Reachability } from './crm/reachability.js';
export { EsmsReadiness, type WhenReadyOptions } from './database/esms-readiness.js';
export type { Page } from './database/page.js';
export type { SqlRunner } from './database/sql-runner.js';
export type { Anomaly } from './domain/anomaly.js';
export { type Channel, CHANNELS } from './domain/channel.js';
export type { Charge } from './domain/charge.js';
export type { Instant } from './domain/clock.js';
export {
  type CareData,
  type CostData,
  EVENT_TYPES,
  type EsmsEvent,
  type EventData,
  type EventType,
  type QuarantinedData,
  type StatusData,
} from './domain/domain-event.js';
export { EsmsError, type EsmsErrorCode } from './domain/errors.js';
export type { Failure, FailureClass, Reason } from './domain/failure.js';
export type { Decision, PreviousStatus } from './domain/message-change.js';
export type { Counters } from './domain/message-state.js';
export type { MessageView } from './domain/message-view.js';
export type { Amount, CURRENCY } from './domain/money.js';
export type { Recipient } from './domain/recipient.js';
export type { Proof } from './domain/report.js';
export type { Outcome, State } from './domain/standing.js';
export type { Telco } from './domain/telco.js';
export { EsmsModule } from './esms.module.js';
export type { EsmsDelivery } from './events/esms-delivery.js';
export { EsmsSubscriptions } from './events/esms-subscriptions.js';
export type { Subscription } from './events/subscription-queries.js';
export { type EventPattern, type HandlerOptions, type MatchedType, OnEsmsEvent } from './events/on-esms-event.js';
export { EsmsWebhooks, type NewWebhook, type WebhookReplay } from './events/webhooks/esms-webhooks.js';
export type { WebhookAttempt } from './events/webhooks/webhook-attempts.js';
export type { Webhook, WebhookSettings } from './events/webhooks/webhook-table.js';
export type { ParkedDelivery } from './events/parked-deliveries.js';
export { EsmsMessages, type RegisterOptions } from './messages/esms-messages.js';
export type { FindMessagesDto } from './messages/find-messages.dto.js';
export type { ReceiptView } from './messages/message-queries.js';
export type { Registered } from './messages/registration-book.js';
export type { RegistrationDto } from './messages/registration.dto.js';
