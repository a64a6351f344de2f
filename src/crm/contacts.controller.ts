import { Controller, Get, NotFoundException, Param, Query, Req, UseInterceptors } from '@nestjs/common';
import { accountAsked } from '../access/account-asked.js';
import { callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { mask } from '../access/mask.js';
import { RequireScope } from '../access/require-scope.js';
import { PersonLookups } from '../limits/person-lookups.js';
import { KeyShareInterceptor } from '../limits/key-share.js';
import type { Contact } from './contact-queries.js';
import { EsmsContacts } from './esms-contacts.js';

/** The people that messages went to. */
@Controller('crm/contacts')
@UseInterceptors(EsmsErrorInterceptor, KeyShareInterceptor)
export class ContactsController {
  constructor(
    private readonly contacts: EsmsContacts,
    private readonly lookups: PersonLookups,
  ) {}

  /** One person, by a phone in any Vietnamese form or by a Zalo user id. */
  @Get(':id')
  @RequireScope('read')
  async get(
    @Req() request: object,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
  ): Promise<Contact> {
    const account = accountAsked(request, query);
    await this.lookups.count(callerOf(request));
    const contact = account === null ? null : await this.contacts.get(id, { ...query, ...account });
    if (contact === null) throw new NotFoundException('no such contact');
    return callerOf(request).scopes.has('pii') ? contact : { ...contact, id: mask(contact.id) };
  }
}
