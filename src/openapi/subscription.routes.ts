import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Scope } from '../access/caller.js';
import { SubscriptionsController } from '../events/subscriptions.controller.js';
import { keyNeeded, Refusal } from './answers.js';
import { describeRoute } from './describe-route.js';
import { ACCOUNT, PAGING } from './parameters.js';
import { Count, ParkedList, ReplayEvents, Subscription, SubscriptionList } from './subscription.schema.js';

const NAME = ApiParam({ name: 'name', description: 'The subscriber.', schema: { type: 'string', example: 'billing' } });
const EVENT_ID = ApiParam({
  name: 'eventId',
  description: 'The id of the event.',
  schema: { type: 'string', format: 'uuid' },
});
const ABSENT = Refusal(404, 'No such subscriber.');

/** Describes the routes about subscribers of events. */
export function describeSubscriptions(): void {
  ApiTags('subscriptions')(SubscriptionsController);
  describeRoute(SubscriptionsController, 'list', [
    ApiOperation({
      operationId: 'listSubscriptions',
      summary: 'Lists the subscribers of events',
      description: 'Those of all processes, by name, with what each is still to get.',
    }),
    ApiResponse({ status: 200, description: 'All of them.', type: SubscriptionList }),
    ...keyNeeded('read'),
  ]);
  describeControl();
  describeParked();
}

function describeControl(): void {
  onSubscriber('pause', 'pauseSubscription', 'Pauses a subscriber', 'Its events wait; what is in hand is finished.');
  onSubscriber('resume', 'resumeSubscription', 'Ends a pause', 'What waited is delivered, in order.');
  onSubscriber(
    'replay',
    'replaySubscription',
    'Delivers events again',
    'Every event that was stored since a time, in the order of each message: those of callbacks that came before it ' +
      'and waited in the spool are among them. Nothing else is delivered to the subscriber before them.',
    [ApiBody({ type: ReplayEvents })],
  );
  onSubscriber(
    'narrow',
    'narrowSubscription',
    'Takes events without a handler from a subscriber',
    'The events it gets become those of which a process that runs has a handler; deliveries of others are ended. ' +
      'Until then those wait for a handler, and the later events of their messages behind them.',
    [Refusal(409, 'No process that runs hosts it.')],
  );
  onSubscriber(
    'retire',
    'retireSubscription',
    'Forgets a subscriber',
    'One that no process hosts any more, and all its deliveries. The answer is what it was.',
    [Refusal(409, 'A process hosts it, or did half a minute ago.')],
  );
}

function onSubscriber(
  method: 'pause' | 'resume' | 'replay' | 'narrow' | 'retire',
  operationId: string,
  summary: string,
  description: string,
  others: readonly MethodDecorator[] = [],
): void {
  describeRoute(SubscriptionsController, method, [
    ApiOperation({ operationId, summary, description }),
    NAME,
    ApiResponse({ status: 200, description: 'The subscriber.', type: Subscription }),
    ...keyNeeded('operate'),
    Refusal(403, 'The API key lacks the scope `operate`, or is of one account and the subscriber serves all.'),
    ABSENT,
    ...others,
  ]);
}

function describeParked(): void {
  describeRoute(SubscriptionsController, 'parked', [
    ApiOperation({
      operationId: 'listParked',
      summary: 'Lists parked deliveries',
      description: 'Deliveries that had all their attempts, with the error of the last, oldest event first.',
    }),
    NAME,
    ...PAGING,
    ApiResponse({ status: 200, description: 'A page of them.', type: ParkedList }),
    ...keyNeeded('read'),
    ABSENT,
  ]);
  const requeue = 'All attempts are given again; the later events of the message go on waiting for it.';
  const skip = 'It counts as done, so the later events of the message follow.';
  onParked('requeueAll', 'requeueAllParked', 'Requeues all parked deliveries', requeue, 'operate', [NAME]);
  onParked('skipAll', 'skipAllParked', 'Skips all parked deliveries', skip, 'operate', [NAME]);
  onParked('requeue', 'requeueParked', 'Requeues a parked delivery', requeue, 'operate', [NAME, EVENT_ID]);
  onParked('skip', 'skipParked', 'Skips a parked delivery', skip, 'operate', [NAME, EVENT_ID]);
}

function onParked(
  method: 'requeueAll' | 'skipAll' | 'requeue' | 'skip',
  operationId: string,
  summary: string,
  description: string,
  scope: Scope,
  parameters: readonly MethodDecorator[],
): void {
  describeRoute(SubscriptionsController, method, [
    ApiOperation({ operationId, summary, description }),
    ...parameters,
    ACCOUNT,
    ApiResponse({ status: 200, description: 'How many there were.', type: Count }),
    ...keyNeeded(scope),
    Refusal(404, 'No such subscriber, or no such parked delivery of it.'),
  ]);
}
