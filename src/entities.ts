import { LedgerEntryEntity } from './billing/ledger-entry.entity.js';
import { ContactEntryEntity } from './crm/contact-entry.entity.js';

/** The entities of our data source. */
export const ENTITIES = [LedgerEntryEntity, ContactEntryEntity] as const;
