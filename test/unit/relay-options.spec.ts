import { describe, expect, it } from 'vitest';
import type { EsmsOptions } from '../../src/config/options.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { EVENT_TYPES } from '../../src/domain/domain-event.js';
import { loadClient } from '../../src/events/relays/load-client.js';

const options = (relays: EsmsOptions['relays']): EsmsOptions => ({
  accounts: { default: { tokens: ['token-of-somebody-1'] } },
  database: { url: 'postgres://nowhere/db' },
  spool: false,
  ...(relays && { relays }),
});

describe('the options of relays', () => {
  it('have defaults, and none is there where none is given', () => {
    expect(resolveOptions(options(undefined)).relays).toEqual({ rabbitmq: false, nats: false });
    const { relays } = resolveOptions(
      options({ rabbitmq: { url: 'amqps://host/vhost' }, nats: { url: 'nats://a,b' } }),
    );
    const shared = { types: EVENT_TYPES, mode: 'structured', includeRecipient: false };
    expect(relays).toEqual({
      rabbitmq: { ...shared, url: 'amqps://host/vhost', exchange: 'esms.events' },
      nats: { ...shared, url: 'nats://a,b', subjectPrefix: 'esms.events', stream: 'ESMS_EVENTS' },
    });
  });

  it.each([
    [{ rabbitmq: { url: 'http://host' } }, 'relays.rabbitmq.url'],
    [{ nats: { url: 'host' } }, 'relays.nats.url'],
    [{ nats: { url: 'nats://host', types: [] } }, 'relays.nats.types: at least one is needed'],
    [{ nats: { url: 'nats://host', types: ['message.lost'] } }, 'relays.nats.types: there is no event message.lost'],
    [{ rabbitmq: { url: 'amqp://host', mode: 'loud' } }, 'relays.rabbitmq.mode'],
    [{ rabbitmq: { url: 'amqp://host', includeRecipient: 'false' } }, 'relays.rabbitmq.includeRecipient'],
    [{ rabbitmq: { url: 'amqp://host', exchange: 7 } }, 'relays.rabbitmq.exchange'],
    [{ nats: { url: 'nats://host', subjectPrefix: 'esms.>' } }, 'relays.nats.subjectPrefix'],
    [{ nats: { url: 'nats://host', stream: 'two words' } }, 'relays.nats.stream'],
    [{ nats: { url: 'nats://host,nats://[broken' } }, 'relays.nats.url'],
  ])('say what is wrong: %j', (relays, problem) => {
    expect(() => resolveOptions(options(relays as EsmsOptions['relays']))).toThrow(problem);
  });
});

describe('a client that a relay needs', () => {
  it('is named where it is not installed', async () => {
    const absent = 'a-package-that-nobody-installed';
    const loading = loadClient('rabbitmq', 'amqplib', () => import(/* @vite-ignore */ absent) as Promise<object>);
    await expect(loading).rejects.toMatchObject({
      code: 'options_invalid',
      message: 'relays.rabbitmq needs a package: npm install amqplib',
    });
  });

  it('fails as it fails where it is installed and broken', async () => {
    const broken = new SyntaxError('unexpected token');
    await expect(loadClient('nats', 'x', () => Promise.reject(broken))).rejects.toBe(broken);
  });
});
