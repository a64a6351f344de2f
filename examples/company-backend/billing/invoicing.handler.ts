import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type EsmsDelivery, type EsmsEvent, OnEsmsEvent } from 'nestjs-esms';
import { DataSource } from 'typeorm';
import { InvoiceLine } from './invoice-line.entity.js';

/** Invoices what messages cost, each change of a price exactly once. */
@Injectable()
export class InvoicingHandler {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @OnEsmsEvent('message.cost_changed', { subscriber: 'invoicing' })
  async invoice({ id, data }: EsmsEvent<'message.cost_changed'>, delivery: EsmsDelivery): Promise<void> {
    const { ref } = data.message;
    // A message that belongs to no order: another part of the company pays it.
    if (ref === null) return;
    await this.dataSource.transaction(async (manager) => {
      await manager.insert(InvoiceLine, { eventId: id, orderId: ref, amount: data.delta });
      // In the same transaction: the line is there if, and only if, the event will not come again.
      await delivery.complete(manager);
    });
  }
}
