import { Module } from '@nestjs/common';
import { ContactQueries } from './contact-queries.js';
import { ContactStore } from './contact.store.js';
import { CrmSubscriber } from './crm.subscriber.js';
import { EsmsContacts } from './esms-contacts.js';

/** Contacts and the subscriber that keeps them. */
@Module({
  providers: [ContactStore, ContactQueries, EsmsContacts, CrmSubscriber],
  exports: [EsmsContacts],
})
export class CrmModule {}
