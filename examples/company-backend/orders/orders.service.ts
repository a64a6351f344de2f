import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { EsmsMessages, type MessageView } from 'nestjs-esms';
import { DataSource } from 'typeorm';
import { Order } from './order.entity.js';

@Injectable()
export class OrdersService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly messages: EsmsMessages,
  ) {}

  /** Stores an order, and says that a message about it will be sent: both or neither. */
  async place(phone: string, text: string): Promise<Order> {
    const order: Order = { id: randomUUID(), phone, text };
    await this.dataSource.transaction(async (manager) => {
      await manager.insert(Order, order);
      await this.messages.register({ ref: order.id, requestId: order.id, recipient: phone }, { manager });
    });
    // Here the message goes to the gateway, with the order's id as its RequestId.
    return order;
  }

  /** An order and what became of its message; null where there is none. */
  async find(id: string): Promise<{ order: Order; message: MessageView | null } | null> {
    const order = await this.dataSource.getRepository(Order).findOneBy({ id });
    if (order === null) return null;
    const { items } = await this.messages.find({ ref: id });
    return { order, message: items[0] ?? null };
  }
}
