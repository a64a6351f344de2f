import { instantSql } from '../database/sql-runner.js';
import type { Recipient } from '../domain/recipient.js';
import type { StoredRegistration } from './stored-message.js';

/** What a read of {@link REGISTRATION_COLUMNS} gives. */
export type RegistrationRow = Omit<StoredRegistration, 'recipient'> & {
  recipientKind: Recipient['kind'] | null;
  recipient: string | null;
};

/** The columns of a registration, under our names. */
export const REGISTRATION_COLUMNS = `
  r.account, r.id, r.sms_id as "smsId", r.request_id as "requestId", r.ref, r.channel,
  r.recipient_kind as "recipientKind", r.recipient, ${instantSql('r.scheduled_for', '"scheduledFor"')}, r.metadata,
  ${instantSql('r.registered_at', '"registeredAt"')}, ${instantSql('r.changed_at', '"changedAt"')},
  ${instantSql('r.requested_at', '"requestedAt"')}, r.linked_sms_id as "linkedSmsId", ${instantSql('r.closed_at', '"closedAt"')}, r.sequence::int as sequence`;

/** A registration from a row of {@link REGISTRATION_COLUMNS}. */
export function registrationOf({ recipientKind, recipient, ...row }: RegistrationRow): StoredRegistration {
  return {
    ...row,
    recipient: recipientKind === null || recipient === null ? null : { kind: recipientKind, value: recipient },
  };
}
