import { Global, Module } from '@nestjs/common';
import { Readiness } from './readiness.js';

/** What the parts of the house tell to nobody in particular. */
@Global()
@Module({ providers: [Readiness], exports: [Readiness] })
export class TelemetryModule {}
