import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What one change of a message's price adds to the invoice of its order. */
@Entity({ name: 'invoice_lines' })
export class InvoiceLine {
  @PrimaryColumn({ name: 'event_id', type: 'uuid' })
  eventId: string;

  @Column({ name: 'order_id', type: 'uuid' })
  orderId: string;

  @Column({ type: 'numeric', precision: 18, scale: 4 })
  amount: string;
}
