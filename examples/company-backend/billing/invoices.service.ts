import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { InvoiceLine } from './invoice-line.entity.js';

@Injectable()
export class InvoicesService {
  constructor(@InjectRepository(InvoiceLine) private readonly lines: Repository<InvoiceLine>) {}

  /** What the message of an order cost so far, in VND. */
  async total(orderId: string): Promise<string> {
    const sum = await this.lines
      .createQueryBuilder('line')
      .select('coalesce(sum(line.amount), 0)::numeric(18,4)::text', 'total')
      .where('line.orderId = :orderId', { orderId })
      .getRawOne<{ total: string }>();
    return sum?.total ?? '0.0000';
  }
}
