import type * as JetStream from '@nats-io/jetstream';
import type * as Transport from '@nats-io/transport-node';
import { natsServers } from '../../config/nats-servers.js';
import type { NatsOptions } from '../../config/options.js';
import { inTime } from './in-time.js';
import { loadClient } from './load-client.js';
import { type OpenSession, type RelayMessage, type RelaySession, UndeliverableError } from './relay.js';

type Client = typeof Transport & typeof JetStream;

const OPENED_WITHIN_MS = 4_000;
const ACKNOWLEDGED_WITHIN_MS = 4_000;
const CLOSED_WITHIN_MS = 1_000;
/** A connection that leaves two of them unanswered is lost. */
const PING_MS = 3_000;
/** What a stream that is made here keeps, and how long it knows a copy by its message id. */
const KEPT_FOR_MS = 7 * 24 * 3_600_000;
const KNOWN_FOR_MS = 120_000;

/** Loads the client. Throws `options_invalid` where it is not installed. */
export async function loadNats(options: Required<NatsOptions>): Promise<OpenSession> {
  const client = await loadClient('nats', '@nats-io/transport-node @nats-io/jetstream', async () => ({
    ...(await import('@nats-io/transport-node')),
    ...(await import('@nats-io/jetstream')),
  }));
  return () => openSession(client as Client, options);
}

async function openSession(client: Client, options: Required<NatsOptions>): Promise<RelaySession> {
  const connection = await client.connect({
    ...placeOf(options.url),
    name: 'nestjs-esms',
    timeout: OPENED_WITHIN_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    // What is lost is opened anew from outside, so that nothing waits in a buffer of the client's.
    reconnect: false,
  });
  const close = (): Promise<void> => inTime(connection.close(), CLOSED_WITHIN_MS, 'not closed').catch(ignored);
  try {
    await inTime(demandStream(client, connection, options), OPENED_WITHIN_MS, 'no stream');
    return { lost: connection.closed(), publish: publisher(client, connection, options), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A stream that takes our subjects is used as it is; where there is none, one is made. */
async function demandStream(
  client: Client,
  connection: Transport.NatsConnection,
  { subjectPrefix, stream }: Required<NatsOptions>,
): Promise<void> {
  const { streams } = await client.jetstreamManager(connection);
  try {
    await streams.find(`${subjectPrefix}.message.delivered`);
  } catch (error) {
    const isAbsent =
      error instanceof client.JetStreamApiError && error.code === client.JetStreamApiCodes.StreamNotFound;
    if (!isAbsent) throw error;
    await streams.add({
      name: stream,
      subjects: [`${subjectPrefix}.>`],
      max_age: client.nanos(KEPT_FOR_MS),
      duplicate_window: client.nanos(KNOWN_FOR_MS),
    });
  }
}

function publisher(
  client: Client,
  connection: Transport.NatsConnection,
  { subjectPrefix }: Required<NatsOptions>,
): RelaySession['publish'] {
  const stream = client.jetstream(connection);
  return async ({ id, type, content }: RelayMessage) => {
    const headers = client.headers();
    headers.set('content-type', content.contentType);
    for (const [name, text] of Object.entries(content.attributes)) headers.set(`ce-${name}`, encoded(text));
    const terms = { msgID: id, headers, timeout: ACKNOWLEDGED_WITHIN_MS };
    try {
      await stream.publish(`${subjectPrefix}.${type}`, content.body, terms);
    } catch (error) {
      // The message is larger than the server takes.
      if (error instanceof client.InvalidArgumentError) throw new UndeliverableError(error.message, { cause: error });
      throw error;
    }
  };
}

/** `nats://user:password@host:4222`, `nats://token@host`, `tls://host`; several servers with commas between. */
function placeOf(text: string): Transport.NodeConnectionOptions {
  const urls = natsServers(text).map((server) => new URL(server));
  const [{ protocol, username, password }] = urls as [URL];
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  return {
    servers: urls.map(({ host }) => host),
    ...(user && (pass ? { user, pass } : { token: user })),
    ...(protocol === 'tls:' && { tls: {} }),
  };
}

/** As CloudEvents has it for headers: what is not printable ASCII, quotes and percent signs percent-encoded. */
function encoded(text: string): string {
  return text.replaceAll(/[^\u0021\u0023\u0024\u0026-\u007E]+/gu, (part) => encodeURIComponent(part));
}

/** A connection that does not close is left to its server. */
const ignored = (): void => undefined;
