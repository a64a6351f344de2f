import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Something that a customer ordered, and is told about. */
@Entity({ name: 'orders' })
export class Order {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  phone: string;

  /** What the customer is told. */
  @Column({ type: 'text' })
  text: string;
}
