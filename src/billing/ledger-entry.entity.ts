import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EntryKind } from './entries-of.js';

/** One change of a message's price, or of what it is counted under: append-only. */
@Entity({ name: 'ledger' })
@Index('ledger_recorded', ['account', 'recordedAt', 'position'])
@Index('ledger_occurred', ['account', 'occurredAt'])
export class LedgerEntryEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'ledger_pkey' })
  account: string;

  @PrimaryColumn({ name: 'sms_id', type: 'text', primaryKeyConstraintName: 'ledger_pkey' })
  smsId: string;

  @PrimaryColumn({ name: 'event_id', type: 'uuid', primaryKeyConstraintName: 'ledger_pkey' })
  eventId: string;

  /** What it is, see `LedgerEntry`. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'ledger_pkey' })
  kind: EntryKind;

  /** The order in which entries were made; the database counts it. */
  @Column({ type: 'bigint', insert: false })
  position: string;

  @Column({ type: 'numeric', precision: 18, scale: 4 })
  delta: string;

  /** The message's total after this entry. */
  @Column({ type: 'numeric', precision: 18, scale: 4 })
  total: string;

  @Column({ type: 'text' })
  currency: string;

  @Column({ type: 'text', nullable: true })
  channel: string | null;

  @Column({ name: 'telco_id', type: 'text', nullable: true })
  telcoId: string | null;

  @Column({ name: 'occurred_at', type: 'timestamptz' })
  occurredAt: Date;

  /** When it was posted; the database's clock tells. */
  @Column({ name: 'recorded_at', type: 'timestamptz', insert: false })
  recordedAt: Date;
}
