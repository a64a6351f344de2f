import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { InvoiceLine } from './invoice-line.entity.js';
import { InvoicesService } from './invoices.service.js';
import { InvoicingHandler } from './invoicing.handler.js';

@Module({
  imports: [TypeOrmModule.forFeature([InvoiceLine])],
  providers: [InvoicesService, InvoicingHandler],
  exports: [InvoicesService],
})
export class BillingModule {}
