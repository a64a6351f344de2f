import { EVENT_TYPES, type EsmsOptions, type EventType } from '../index.js';
import { given, type Note, oneOf, type Variables } from './variables.js';

/** The brokers that get the events, and what they get. */
export function relaysOf(variables: Variables, note: Note): NonNullable<EsmsOptions['relays']> {
  const shared = {
    types: typesOf(given(variables, 'RELAY_TYPES'), note),
    mode: oneOf(['structured', 'binary'], 'RELAY_MODE', variables, note),
    includeRecipient: oneOf(['false', 'true'], 'RELAY_RECIPIENT', variables, note) === 'true',
  };
  const rabbitmq = given(variables, 'RABBITMQ_URL');
  const exchange = given(variables, 'RABBITMQ_EXCHANGE');
  const nats = given(variables, 'NATS_URL');
  const subjectPrefix = given(variables, 'NATS_SUBJECT_PREFIX');
  const stream = given(variables, 'NATS_STREAM');
  if (rabbitmq !== null && !/^amqps?:\/\//.test(rabbitmq)) note('RABBITMQ_URL', 'an amqp:// or amqps:// URL is needed');
  if (nats !== null && !/^(nats|tls):\/\//.test(nats)) note('NATS_URL', 'a nats:// or tls:// URL is needed');
  return {
    ...(rabbitmq !== null && { rabbitmq: { ...shared, url: rabbitmq, ...(exchange !== null && { exchange }) } }),
    ...(nats !== null && {
      nats: {
        ...shared,
        url: nats,
        ...(subjectPrefix !== null && { subjectPrefix }),
        ...(stream !== null && { stream }),
      },
    }),
  };
}

function typesOf(text: string | null, note: Note): readonly EventType[] {
  if (text === null) return EVENT_TYPES;
  const types = text.split(',').map((type) => type.trim() as EventType);
  for (const type of types) if (!EVENT_TYPES.includes(type)) note('RELAY_TYPES', `there is no event ${type}`);
  return types;
}
