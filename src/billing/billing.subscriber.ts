import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import type { EsmsDelivery } from '../events/esms-delivery.js';
import { OnEsmsEvent } from '../events/on-esms-event.js';
import { subscriberTransaction } from '../events/subscriber-transaction.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { LedgerStore } from './ledger.store.js';

/** Posts every change of a message's price, and of what it is counted under, to the ledger, once. */
@Injectable()
export class BillingSubscriber {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerStore,
  ) {}

  @OnEsmsEvent('message.cost_changed', { subscriber: 'billing', batch: 200 })
  async post(events: EsmsEvent<'message.cost_changed'>[], delivery: EsmsDelivery): Promise<void> {
    await subscriberTransaction(this.database, async (runner) => {
      await this.ledger.post(runner, events);
      await delivery.complete(runner);
      await faultPoint('consumer_before_commit');
    });
  }
}
