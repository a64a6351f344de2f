import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
} from 'typeorm';

/** The latest of a message, in the plain service. */
@Entity('messages')
export class PlainMessage {
  @PrimaryColumn()
  smsId: string;

  @Column()
  sendStatus: number;

  @Column()
  succeeded: number;

  @Column()
  failed: number;

  @Column()
  receivers: number;

  @Column()
  sent: number;

  @Column('numeric', { precision: 18, scale: 4 })
  price: string;

  @Column()
  typeId: string;

  @Column()
  requestId: string;

  @Column()
  telcoId: string;

  @Index()
  @Column()
  phoneNumber: string;

  @Column({ nullable: true })
  errorInfo: string;

  @Column({ nullable: true })
  oaId: string;

  @Column({ nullable: true })
  templateId: string;

  @Column({ nullable: true })
  partnerId: string;

  @CreateDateColumn()
  createdAt: Date;

  @UpdateDateColumn()
  updatedAt: Date;
}

/** Every callback as it came, in the plain service. */
@Entity('receipts')
export class PlainReceipt {
  @PrimaryGeneratedColumn()
  id: number;

  @Index()
  @Column()
  smsId: string;

  @Column('jsonb')
  raw: object;

  @CreateDateColumn()
  receivedAt: Date;
}
