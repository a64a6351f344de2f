import { Injectable } from '@nestjs/common';
import type { EsmsDelivery } from '../events/esms-delivery.js';
import { ReadEsmsEvents } from '../events/read-esms-events.js';
import { ReaderPool } from '../events/reader-pool.js';
import { subscriberTransaction } from '../events/subscriber-transaction.js';
import { ContactStore, type OutcomeEvent } from './contact.store.js';

const OUTCOMES = [
  'message.delivered',
  'message.undelivered',
  'message.partially_delivered',
  'message.rejected',
  'message.unknown',
] as const;

/** Keeps what became of each message with the person it went to. */
@Injectable()
export class CrmSubscriber {
  constructor(
    private readonly pool: ReaderPool,
    private readonly contacts: ContactStore,
  ) {}

  @ReadEsmsEvents(OUTCOMES, 'crm')
  async record(events: OutcomeEvent[], delivery: EsmsDelivery): Promise<void> {
    await subscriberTransaction(this.pool, async (runner) => {
      await this.contacts.record(runner, events);
      await delivery.complete(runner);
    });
  }
}
