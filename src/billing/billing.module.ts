import { Module } from '@nestjs/common';
import { BillingSubscriber } from './billing.subscriber.js';
import { EsmsLedger } from './esms-ledger.js';
import { LedgerCheck } from './ledger-check.js';
import { LedgerQueries } from './ledger-queries.js';
import { LedgerStore } from './ledger.store.js';
import { LedgerWatch } from './ledger-watch.js';

/** The ledger and the subscriber that keeps it. */
@Module({
  providers: [LedgerStore, LedgerQueries, LedgerCheck, LedgerWatch, EsmsLedger, BillingSubscriber],
  exports: [EsmsLedger],
})
export class BillingModule {}
