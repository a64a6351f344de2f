import type { Socket } from 'node:net';
import type * as Amqp from 'amqplib';
import type { RabbitMqOptions } from '../../config/options.js';
import { inTime } from './in-time.js';
import { loadClient } from './load-client.js';
import { type OpenSession, type RelayMessage, type RelaySession, UndeliverableError } from './relay.js';

const OPENED_WITHIN_MS = 4_000;
const CLOSED_WITHIN_MS = 1_000;
/** Seconds; a connection that is silent for two of them is lost. */
const HEARTBEAT = 3;

/** Loads the client. Throws `options_invalid` where it is not installed. */
export async function loadRabbitMq(options: Required<RabbitMqOptions>): Promise<OpenSession> {
  const client = await loadClient('rabbitmq', 'amqplib', () => import('amqplib'));
  return () => openSession(client, options);
}

async function openSession(client: typeof Amqp, { url, exchange }: Required<RabbitMqOptions>): Promise<RelaySession> {
  const connection = await client.connect(withHeartbeat(url), {
    timeout: OPENED_WITHIN_MS,
    clientProperties: { connection_name: 'nestjs-esms' },
  });
  const lost = new Promise<unknown>((resolve) => connection.on('close', resolve));
  connection.on('error', ignored);
  const close = (): Promise<void> => closeConnection(connection);
  try {
    const channel = await inTime(openChannel(connection, exchange), OPENED_WITHIN_MS, 'no channel');
    const closed = new Promise<unknown>((resolve) => channel.on('close', resolve));
    return { lost: Promise.race([lost, closed]), publish: publisher(channel, exchange), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openChannel(connection: Amqp.ChannelModel, exchange: string): Promise<Amqp.ConfirmChannel> {
  const channel = await connection.createConfirmChannel();
  channel.on('error', ignored);
  await channel.assertExchange(exchange, 'topic', { durable: true });
  return channel;
}

/** A message that no queue is bound for comes back before it is confirmed. */
function publisher(channel: Amqp.ConfirmChannel, exchange: string): RelaySession['publish'] {
  const returned = new Map<unknown, string>();
  channel.on('return', ({ fields, properties }) => {
    const { replyCode, replyText } = fields as { replyCode?: number; replyText?: string };
    returned.set(properties.messageId, `${replyCode} ${replyText}`);
  });
  return ({ id, type, content }: RelayMessage) =>
    new Promise((resolve, reject) => {
      const confirmed = (error: Error | null): void => {
        const reason = returned.get(id);
        returned.delete(id);
        if (error !== null) reject(error);
        else if (reason === undefined) resolve();
        else reject(new UndeliverableError(`${reason}: no queue is bound to exchange ${exchange} for ${type}`));
      };
      const { contentType, attributes, body } = content;
      const headers = Object.fromEntries(
        Object.entries(attributes).map(([name, text]) => [`cloudEvents_${name}`, text]),
      );
      const properties = {
        messageId: id,
        contentType,
        headers,
        appId: 'nestjs-esms',
        persistent: true,
        mandatory: true,
      };
      channel.publish(exchange, type, body, properties, confirmed);
    });
}

/** The client waits for the answer of a peer for ever; only an error makes it give up, and stop its heartbeat. */
async function closeConnection(connection: Amqp.ChannelModel): Promise<void> {
  await inTime(connection.close(), CLOSED_WITHIN_MS, 'not closed').catch(ignored);
  (connection.connection as unknown as { stream: Socket }).stream.destroy(new Error('closed'));
}

function withHeartbeat(text: string): string {
  const url = new URL(text);
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT));
  return url.href;
}

/** Whatever it is, the connection or the channel is closed for it, and that is told. */
const ignored = (): void => undefined;
