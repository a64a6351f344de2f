import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DATA_SOURCE } from '../database/data-source-options.js';
import { ContactEntryEntity } from './contact-entry.entity.js';
import { ContactQueries } from './contact-queries.js';
import { ContactStore } from './contact.store.js';
import { CrmSubscriber } from './crm.subscriber.js';
import { EsmsContacts } from './esms-contacts.js';

/** Contacts and the subscriber that keeps them. */
@Module({
  imports: [TypeOrmModule.forFeature([ContactEntryEntity], DATA_SOURCE)],
  providers: [ContactStore, ContactQueries, EsmsContacts, CrmSubscriber],
  exports: [EsmsContacts],
})
export class CrmModule {}
