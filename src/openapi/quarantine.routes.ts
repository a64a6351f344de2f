import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { QuarantineController } from '../callbacks/quarantine.controller.js';
import { keyNeeded, Refusal } from './answers.js';
import { describeRoute } from './describe-route.js';
import { ACCOUNT, PAGING } from './parameters.js';
import { QuarantineItem, QuarantineList, Replay } from './quarantine.schema.js';

/** Describes the routes about quarantined callbacks. */
export function describeQuarantine(): void {
  ApiTags('quarantine')(QuarantineController);
  describeRoute(QuarantineController, 'list', [
    ApiOperation({
      operationId: 'listQuarantine',
      summary: 'Lists quarantined callbacks',
      description: 'Callbacks with a good token that name no message they could be kept under, newest first.',
    }),
    ...PAGING,
    ApiResponse({ status: 200, description: 'A page of them.', type: QuarantineList }),
    ...keyNeeded('read'),
  ]);
  describeRoute(QuarantineController, 'replay', [
    ApiOperation({
      operationId: 'replayQuarantined',
      summary: 'Keeps a quarantined callback under a message',
      description:
        'The original bytes, account and time go under the SMSID given, as if they had come so. The item stays, ' +
        'marked; the same replay again changes nothing.',
    }),
    ApiParam({ name: 'id', description: 'The id of the item.', schema: { type: 'string', format: 'uuid' } }),
    ACCOUNT,
    ApiBody({ type: Replay, required: false }),
    ApiResponse({ status: 200, description: 'The item, marked.', type: QuarantineItem }),
    ...keyNeeded('operate'),
    Refusal(404, 'No such item, or one of another account.'),
    Refusal(409, 'It was replayed already, under another SMSID.'),
    Refusal(422, 'It cannot be kept under a message; name one in `smsId`.'),
  ]);
}
