import { type Channel, type ChannelModel, connect } from 'amqplib';
import { VoidRun } from '../rounds/void-run.js';

const EXCHANGE = 'esms.events';
const QUEUE = 'bench';

/** What a queue held. */
export interface Emptied {
  messages: number;
  /** Without the copies of any: message ids are event ids. */
  distinct: number;
}

/** A durable queue that gets every event, and nobody reads until it is emptied. */
export class EventQueue {
  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: Channel,
  ) {}

  static async open(rabbitmqUrl: string): Promise<EventQueue> {
    const connection = await connect(rabbitmqUrl);
    const channel = await connection.createChannel();
    await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
    await channel.assertQueue(QUEUE, { durable: true });
    await channel.bindQueue(QUEUE, EXCHANGE, '#');
    return new EventQueue(connection, channel);
  }

  get version(): string {
    return (this.connection.connection.serverProperties as { version: string }).version;
  }

  /** Reads it to its end. */
  async empty(): Promise<Emptied> {
    const { messageCount: messages } = await this.channel.checkQueue(QUEUE);
    if (messages === 0) throw new VoidRun('the queue is empty');
    const ids = new Set<unknown>();
    let read = 0;
    let finish: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (finish = resolve));
    const take = (id: unknown): void => {
      ids.add(id);
      read += 1;
      if (read === messages) finish();
    };
    const { consumerTag } = await this.channel.consume(QUEUE, (message) => take(message?.properties.messageId), {
      noAck: true,
    });
    await all;
    await this.channel.cancel(consumerTag);
    return { messages, distinct: ids.size };
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
