import { Module } from '@nestjs/common';
import { PersonLookups } from './person-lookups.js';

/** Limits that all processes keep together. */
@Module({ providers: [PersonLookups], exports: [PersonLookups] })
export class LimitsModule {}
