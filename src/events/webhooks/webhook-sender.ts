import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EsmsEvent } from '../../domain/domain-event.js';
import { type CloudEventContext, cloudEventOf } from '../cloud-event.js';
import { type AttemptSubject, type WebhookAttempt, WebhookAttempts } from './webhook-attempts.js';
import { type WebhookAnswer, WebhookClient } from './webhook-client.js';
import type { WebhookKey } from './webhook-key.js';
import { signatureHeaders } from './webhook-signature.js';
import type { WebhookTarget } from './webhook-table.js';

/** The type of the event that a test is. */
const PING = 'webhook.ping';

/** Signs what is sent to a webhook, sends it and writes down how that went. */
@Injectable()
export class WebhookSender {
  readonly #logger = new Logger('EsmsWebhooks');

  constructor(
    private readonly client: WebhookClient,
    private readonly attempts: WebhookAttempts,
  ) {}

  /** What is wrong with an address, in words; null for nothing. */
  problemOf(url: string): string | null {
    return this.client.problemOf(url);
  }

  /** An event. Who the message went to is left out. */
  async send(key: WebhookKey, target: WebhookTarget, event: EsmsEvent, attempt: number): Promise<WebhookAnswer> {
    const { id, type, subject } = event;
    const answer = await this.#post(target, id, cloudEventOf(event, { includeRecipient: false }));
    try {
      await this.attempts.add(key, { eventId: id, type, subject, attempt }, answer);
    } catch (error) {
      // It was sent all the same.
      this.#logger.warn(`a call of webhook ${key.id} was not written down: ${(error as Error).message}`);
    }
    return answer;
  }

  /** A test, which tells of no message. */
  async ping(key: WebhookKey, target: WebhookTarget): Promise<WebhookAttempt> {
    const id = randomUUID();
    const context: CloudEventContext = {
      specversion: '1.0',
      id,
      source: `/nestjs-esms/accounts/${key.account}`,
      type: `vn.nestjs-esms.${PING}.v1`,
      subject: key.id,
      time: new Date().toISOString().replace('Z', '000Z'),
      datacontenttype: 'application/json',
      account: key.account,
    };
    const about: AttemptSubject = { eventId: id, type: PING, subject: null, attempt: 1 };
    return this.attempts.add(key, about, await this.#post(target, id, { ...context, data: {} }));
  }

  #post({ url, secrets }: WebhookTarget, id: string, payload: object): Promise<WebhookAnswer> {
    const body = JSON.stringify(payload);
    return this.client.post(url, signatureHeaders(secrets, id, body), body);
  }
}
