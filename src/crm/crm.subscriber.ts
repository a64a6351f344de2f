import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { EsmsDelivery } from '../events/esms-delivery.js';
import { OnEsmsEvent } from '../events/on-esms-event.js';
import { subscriberTransaction } from '../events/subscriber-transaction.js';
import { ContactStore, type OutcomeEvent } from './contact.store.js';

const BATCH = { subscriber: 'crm', batch: 200 } as const;

/** Keeps what became of each message with the person it went to. */
@Injectable()
export class CrmSubscriber {
  constructor(
    private readonly database: Database,
    private readonly contacts: ContactStore,
  ) {}

  @OnEsmsEvent('message.delivered', BATCH)
  @OnEsmsEvent('message.undelivered', BATCH)
  @OnEsmsEvent('message.partially_delivered', BATCH)
  @OnEsmsEvent('message.rejected', BATCH)
  @OnEsmsEvent('message.unknown', BATCH)
  async record(events: OutcomeEvent[], delivery: EsmsDelivery): Promise<void> {
    await subscriberTransaction(this.database, async (runner) => {
      await this.contacts.record(runner, events);
      await delivery.complete(runner);
    });
  }
}
