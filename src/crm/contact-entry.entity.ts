import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Channel } from '../domain/channel.js';
import type { FailureClass, Reason } from '../domain/failure.js';
import type { Recipient } from '../domain/recipient.js';
import type { Outcome } from '../domain/standing.js';

/** What became of one message for the person it is attributed to; its latest outcome only. */
@Entity({ name: 'contact_entries' })
@Index('contact_entries_contact', ['account', 'contact', 'occurredAt'])
export class ContactEntryEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'contact_entries_pkey' })
  account: string;

  @PrimaryColumn({ name: 'sms_id', type: 'text', primaryKeyConstraintName: 'contact_entries_pkey' })
  smsId: string;

  /** The person: a phone in its local form, or a Zalo user id. */
  @Column({ type: 'text' })
  contact: string;

  @Column({ type: 'text' })
  kind: Recipient['kind'];

  @Column({ type: 'text' })
  channel: Channel;

  @Column({ type: 'text' })
  outcome: Outcome;

  @Column({ type: 'text', nullable: true })
  reason: Reason | null;

  @Column({ name: 'failure_class', type: 'text', nullable: true })
  failureClass: FailureClass | null;

  @Column({ name: 'occurred_at', type: 'timestamptz' })
  occurredAt: Date;

  /** Of the event that wrote it. */
  @Column({ type: 'bigint' })
  sequence: string;
}
