import { Injectable } from '@nestjs/common';
import type { EsmsEvent } from '../domain/domain-event.js';
import type { EsmsDelivery } from '../events/esms-delivery.js';
import { ReadEsmsEvents } from '../events/read-esms-events.js';
import { ReaderPool } from '../events/reader-pool.js';
import { subscriberTransaction } from '../events/subscriber-transaction.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { LedgerStore } from './ledger.store.js';

/** Posts every change of a message's price, and of what it is counted under, to the ledger, once. */
@Injectable()
export class BillingSubscriber {
  constructor(
    private readonly pool: ReaderPool,
    private readonly ledger: LedgerStore,
  ) {}

  @ReadEsmsEvents(['message.cost_changed'], 'billing')
  async post(events: EsmsEvent<'message.cost_changed'>[], delivery: EsmsDelivery): Promise<void> {
    await subscriberTransaction(this.pool, async (runner) => {
      await this.ledger.post(runner, events);
      await delivery.complete(runner);
      await faultPoint('consumer_before_commit');
    });
  }
}
