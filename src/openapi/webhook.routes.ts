import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Scope } from '../access/caller.js';
import { WebhooksController } from '../events/webhooks/webhooks.controller.js';
import { keyNeeded, Refusal } from './answers.js';
import { describeRoute } from './describe-route.js';
import { ACCOUNT, PAGING } from './parameters.js';
import {
  AddedWebhook,
  ChangeWebhook,
  NewWebhook,
  ReplayWebhook,
  RotatedSecret,
  Webhook,
  WebhookAttempt,
  WebhookAttemptList,
  WebhookList,
} from './webhook.schema.js';

const ID = ApiParam({ name: 'id', description: 'The webhook.', schema: { type: 'string', format: 'uuid' } });
const ABSENT = Refusal(404, 'No such webhook.');
const URL_REFUSED = Refusal(422, 'The URL is not one that may be called; `detail` says why.');

/** Describes the routes about webhooks. */
export function describeWebhooks(): void {
  ApiTags('webhooks')(WebhooksController);
  describeRoute(WebhooksController, 'add', [
    ApiOperation({
      operationId: 'createWebhook',
      summary: 'Adds a webhook',
      description:
        'It gets the events from now on: each as a POST with the event as JSON and the three headers of Standard ' +
        'Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`), at least once, those of one message in ' +
        'their order. Any answer but 2xx is a failure, a redirect too; a failed call is repeated for days.',
    }),
    ACCOUNT,
    ApiBody({ type: NewWebhook }),
    ApiResponse({ status: 201, description: 'The webhook and its secret.', type: AddedWebhook }),
    ...keyNeeded('operate'),
    Refusal(404, 'No such account.'),
    URL_REFUSED,
    Refusal(409, 'The account has as many webhooks as it may: 100, unless the service allows others.'),
  ]);
  describeRoute(WebhooksController, 'list', [
    ApiOperation({
      operationId: 'listWebhooks',
      summary: 'Lists the webhooks',
      description: 'Those of the account, oldest first. Secrets are not shown.',
    }),
    ACCOUNT,
    ApiResponse({ status: 200, description: 'All of them.', type: WebhookList }),
    ...keyNeeded('read'),
  ]);
  describeOne();
  describeCalls();
}

function describeOne(): void {
  onWebhook('get', 'getWebhook', 'Reads a webhook', 'As in the list.', 'read', Webhook);
  onWebhook(
    'change',
    'changeWebhook',
    'Changes a webhook',
    'What is given is changed. Enabling one that was disabled delivers what waited, and gives parked deliveries their ' +
      'attempts again.',
    'operate',
    Webhook,
    [ApiBody({ type: ChangeWebhook }), URL_REFUSED],
  );
  onWebhook(
    'remove',
    'deleteWebhook',
    'Removes a webhook',
    'With everything that was to be delivered to it. The answer is what it was.',
    'operate',
    Webhook,
  );
  onWebhook(
    'rotateSecret',
    'rotateWebhookSecret',
    'Gives a new secret',
    'For 24 hours calls are signed with both, the new one first, so that receivers can change over meanwhile.',
    'operate',
    RotatedSecret,
  );
}

function describeCalls(): void {
  onWebhook(
    'attempts',
    'listWebhookAttempts',
    'Lists the last calls',
    'The latest first.',
    'read',
    WebhookAttemptList,
    PAGING.filter((parameter) => parameter !== ACCOUNT),
  );
  onWebhook(
    'ping',
    'pingWebhook',
    'Tests a webhook',
    'Calls it now, signed as ever, with an event of the type `vn.nestjs-esms.webhook.ping.v1` that tells of no message.',
    'operate',
    WebhookAttempt,
  );
  onWebhook(
    'replay',
    'replayWebhook',
    'Delivers events again',
    'In the order of each message. Since a time: in the background, and nothing else is delivered to it meanwhile.',
    'operate',
    Webhook,
    [ApiBody({ type: ReplayWebhook })],
  );
}

function onWebhook(
  method: Exclude<keyof WebhooksController, 'add' | 'list'>,
  operationId: string,
  summary: string,
  description: string,
  scope: Scope,
  type: new () => object,
  others: readonly MethodDecorator[] = [],
): void {
  describeRoute(WebhooksController, method, [
    ApiOperation({ operationId, summary, description }),
    ID,
    ACCOUNT,
    ApiResponse({ status: 200, description: summary, type }),
    ...keyNeeded(scope),
    ABSENT,
    ...others,
  ]);
}
