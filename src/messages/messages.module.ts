import { Module } from '@nestjs/common';
import { EsmsMessages } from './esms-messages.js';
import { Intake } from './intake.js';
import { MessageQueries } from './message-queries.js';
import { MessageRecords } from './message-records.js';
import { MessageStore } from './message-store.js';
import { ReceiptRecords } from './receipt-records.js';
import { Registrar } from './registrar.js';
import { RegistrationLinker } from './registration-linker.js';
import { RegistrationLinks } from './registration-links.js';
import { RegistrationRecords } from './registration-records.js';
import { SilenceCloser } from './silence.closer.js';
import { WaitingRegistrations } from './waiting-registrations.js';
import { WriteProbe } from './write-probe.js';

/** Messages, their receipts and their registrations. */
@Module({
  providers: [
    Intake,
    MessageStore,
    MessageRecords,
    ReceiptRecords,
    RegistrationRecords,
    RegistrationLinker,
    RegistrationLinks,
    Registrar,
    MessageQueries,
    WaitingRegistrations,
    EsmsMessages,
    SilenceCloser,
    WriteProbe,
  ],
  exports: [EsmsMessages, Intake, SilenceCloser],
})
export class MessagesModule {}
