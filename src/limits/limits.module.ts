import { Module } from '@nestjs/common';
import { KeyShare } from './key-share.js';
import { PersonLookups } from './person-lookups.js';

/** What one API key may take. */
@Module({ providers: [PersonLookups, KeyShare], exports: [PersonLookups, KeyShare] })
export class LimitsModule {}
