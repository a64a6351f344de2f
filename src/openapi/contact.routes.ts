import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ContactsController } from '../crm/contacts.controller.js';
import { keyNeeded, Refusal } from './answers.js';
import { Contact } from './contact.schema.js';
import { describeRoute } from './describe-route.js';
import { ACCOUNT } from './parameters.js';

/** Describes the route about people. */
export function describeContacts(): void {
  ApiTags('crm')(ContactsController);
  describeRoute(ContactsController, 'get', [
    ApiOperation({
      operationId: 'getContact',
      summary: 'Reads one person',
      description:
        'What became of their messages, and on which channels they can be reached. Only a delivery and a failure of ' +
        'the class `recipient` are evidence about a person. Made from events, so a moment behind the message.',
    }),
    ApiParam({
      name: 'id',
      description: 'A phone in any Vietnamese form, or a Zalo user id.',
      schema: { type: 'string', example: '0901888484' },
    }),
    ACCOUNT,
    ApiResponse({ status: 200, description: 'The person.', type: Contact }),
    ...keyNeeded('read'),
    Refusal(404, 'Nothing is known of such a person.'),
  ]);
}
