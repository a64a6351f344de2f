import { ApiBody, ApiExtraModels, ApiOperation, ApiParam, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { MessagesController } from '../messages/messages.controller.js';
import { keyNeeded, Refusal } from './answers.js';
import { describeRoute } from './describe-route.js';
import { Message } from './message.schema.js';
import { ACCOUNT, Optional, PAGING, TIME } from './parameters.js';
import { MessageList, MessageWithReceipts } from './receipt.schema.js';
import { Registration, RegistrationAnswers } from './registration.schema.js';
import { CHANNEL, OUTCOME, STATE } from './vocabulary.js';

const BATCH = { type: 'array', maxItems: 500, items: { $ref: getSchemaPath(Registration) } } as const;

const EXAMPLES = {
  one: {
    summary: 'One message, before it is sent',
    value: { ref: 'order-1', requestId: 'order-1-sms', recipient: '0901888484', metadata: { order: 1 } },
  },
  completed: { summary: 'The same, once the gateway gave an SMSID', value: { ref: 'order-1', smsId: 'a-1' } },
  many: { summary: 'Several at once', value: [{ ref: 'order-2' }, { smsId: 'a-3', channel: 'zalo_zns' }] },
};

/** Describes the routes about messages. */
export function describeMessages(): void {
  ApiTags('messages')(MessagesController);
  describeRoute(MessagesController, 'find', [
    ApiOperation({
      operationId: 'findMessages',
      summary: 'Finds messages',
      description:
        'Messages of an account, newest first; every filter that is given must hold. Registrations without a message ' +
        'yet are among them wherever more is given than a time.',
    }),
    ...PAGING,
    Optional('requestId', 'The RequestId it was sent with.', { type: 'string', maxLength: 128 }),
    Optional('ref', 'Your own name for it.', { type: 'string', maxLength: 256 }),
    Optional('phone', 'A phone in any Vietnamese form, or a Zalo user id.', { type: 'string', maxLength: 128 }),
    Optional('state', STATE.description, { type: 'string', enum: STATE.enum }),
    Optional('outcome', OUTCOME.description, { type: 'string', enum: OUTCOME.enum }),
    Optional('channel', CHANNEL.description, { type: 'string', enum: CHANNEL.enum }),
    Optional('from', 'Created at or after this time, or the beginning of this day (Asia/Ho_Chi_Minh).', TIME),
    Optional('to', 'Created before this time, or the beginning of this day.', TIME),
    ApiResponse({ status: 200, description: 'A page of messages.', type: MessageList }),
    ...keyNeeded('read'),
  ]);
  describeRoute(MessagesController, 'get', [
    ApiOperation({
      operationId: 'getMessage',
      summary: 'Reads one message with its timeline',
      description: 'The message, and every receipt it is made from with the decision that was taken on it.',
    }),
    ApiParam({
      name: 'smsId',
      description: 'The SMSID.',
      schema: { type: 'string', example: 'f66545d2-c7e2-4603-984e-d2238c363c8292' },
    }),
    ACCOUNT,
    ApiResponse({ status: 200, description: 'The message.', type: MessageWithReceipts }),
    ...keyNeeded('read'),
    Refusal(404, 'No such message, or one of another account.'),
  ]);
  describeRoute(MessagesController, 'register', [
    ApiOperation({
      operationId: 'registerMessages',
      summary: 'Registers one message, or up to 500',
      description:
        'Before or after sending. Linked to its message by SMSID, else by RequestId, whichever side comes first. The ' +
        'same registration again changes nothing, one with more fields completes it, one that contradicts is refused. ' +
        'An array is answered 200 with an answer of its own for each; its registrations are stored one by one.',
    }),
    ACCOUNT,
    ApiExtraModels(Registration, Message, RegistrationAnswers),
    ApiBody({ required: true, schema: { oneOf: [{ $ref: getSchemaPath(Registration) }, BATCH] }, examples: EXAMPLES }),
    ApiResponse({ status: 201, description: 'A new registration.', type: Message }),
    ApiResponse({
      status: 200,
      description: 'The same again, or completed; for an array, the answers to its registrations.',
      schema: { oneOf: [{ $ref: getSchemaPath(Message) }, { $ref: getSchemaPath(RegistrationAnswers) }] },
    }),
    ...keyNeeded('write'),
    Refusal(404, 'The account asked for is not the one of the key.'),
    Refusal(409, 'It contradicts an earlier registration, or its RequestId has 100 already; `detail` says which.'),
  ]);
}
