import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DATA_SOURCE } from '../database/data-source-options.js';
import { BillingSubscriber } from './billing.subscriber.js';
import { EsmsLedger } from './esms-ledger.js';
import { LedgerEntryEntity } from './ledger-entry.entity.js';
import { LedgerQueries } from './ledger-queries.js';
import { LedgerStore } from './ledger.store.js';

/** The ledger and the subscriber that keeps it. */
@Module({
  imports: [TypeOrmModule.forFeature([LedgerEntryEntity], DATA_SOURCE)],
  providers: [LedgerStore, LedgerQueries, EsmsLedger, BillingSubscriber],
  exports: [EsmsLedger],
})
export class BillingModule {}
