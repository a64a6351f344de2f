import { Injectable } from '@nestjs/common';
import { eachEventSql, idSql } from '../../database/change-sql.js';
import { Database } from '../../database/database.js';
import { rowsOf } from '../../database/sql-runner.js';
import { OR_ANEW_SQL } from '../delivery-keys.js';
import { EsmsSubscriptions } from '../esms-subscriptions.js';
import { ParkedDeliveries } from '../parked-deliveries.js';
import { patternsSql } from '../subscriber.js';
import { SubscriberTable } from '../subscriber-table.js';
import { WakeUp } from '../wake-up.js';
import { subscriberOf, type WebhookKey } from './webhook-key.js';

/** The deliveries of a webhook: made again, given their attempts again, or ended because nobody wants them any more. */
@Injectable()
export class WebhookDeliveries {
  readonly #repeat: string;

  constructor(
    private readonly database: Database,
    private readonly parked: ParkedDeliveries,
    private readonly subscribers: SubscriberTable,
    private readonly wakeUp: WakeUp,
    private readonly subscriptions: EsmsSubscriptions,
  ) {
    const { changes, deliveries, subscribers: table } = database.tables;
    this.#repeat = `
      with made as (
        insert into ${deliveries} (account, subject, subscriber, sequence, position)
        select c.account, c.subject, s.name, e.sequence, e.position
        from ${changes} c ${eachEventSql('c')}
        join ${table} s on s.name = $1 and s.patterns && ${patternsSql('e.type')}
        where c.account = $2 and c.subject = $3 and ($4::uuid is null or ${idSql('c', 'e')} = $4::uuid)
        order by e.sequence
        ${OR_ANEW_SQL}
        returning 1)
      select count(*)::int as count from made`;
  }

  /** Makes again those of every event stored since a time, in the background. */
  async repeatSince(key: WebhookKey, since: string): Promise<void> {
    await this.subscriptions.replay(subscriberOf(key), since);
  }

  /** Makes again those of one message, or of one event of it. Gives how many there are. */
  async repeat(key: WebhookKey, { subject, eventId }: { subject: string; eventId: string | null }): Promise<number> {
    const parameters = [subscriberOf(key), key.account, subject, eventId];
    const [row] = await rowsOf<{ count: number }>(this.database, this.#repeat, parameters);
    this.wakeUp.tell('deliveries');
    return row?.count ?? 0;
  }

  /** Gives all that had their attempts new ones. */
  async requeue(key: WebhookKey): Promise<void> {
    await this.parked.requeue(subscriberOf(key), { account: key.account, eventId: null });
    this.wakeUp.tell('deliveries');
  }

  /** Ends those of events that it does not get any more: they would hold up the rest of their message. */
  async dropUnwanted(key: WebhookKey): Promise<void> {
    await this.database.reached(() => this.subscribers.dropUnwanted([subscriberOf(key)]));
  }
}
