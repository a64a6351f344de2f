import { Injectable } from '@nestjs/common';
import { type EsmsDelivery, type EsmsEvent, OnEsmsEvent } from 'nestjs-esms';

/** The host's own handler: tells whoever started the process what reached it. */
@Injectable()
export class ObservedEvents {
  readonly seen: string[] = [];

  @OnEsmsEvent('message.*', { subscriber: 'observed' })
  observe({ type, subject }: EsmsEvent, { attempt }: EsmsDelivery): void {
    this.seen.push(type);
    console.log(JSON.stringify({ event: type, subject, attempt }));
  }
}
