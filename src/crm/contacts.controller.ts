import { Controller, Get, NotFoundException, Param, Query, Req, UseInterceptors } from '@nestjs/common';
import { accountFor, callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { AccountDto } from '../access/list.dto.js';
import { mask } from '../access/mask.js';
import { RequireScope } from '../access/require-scope.js';
import { validated } from '../access/validated.js';
import { type Contact, ContactQueries } from './contact-queries.js';

/** The people that messages went to. */
@Controller('crm/contacts')
@UseInterceptors(EsmsErrorInterceptor)
export class ContactsController {
  constructor(private readonly contacts: ContactQueries) {}

  /** One person, by a phone in any Vietnamese form or by a Zalo user id. */
  @Get(':id')
  @RequireScope('read')
  async get(
    @Req() request: object,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
  ): Promise<Contact> {
    const caller = callerOf(request);
    const account = accountFor(caller, validated(AccountDto, query).account);
    const contact = account === null || id.includes('\0') ? null : await this.contacts.get(account, id);
    if (contact === null) throw new NotFoundException('no such contact');
    return caller.scopes.has('pii') ? contact : { ...contact, id: mask(contact.id) };
  }
}
