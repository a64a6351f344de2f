import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { DispatcherOptions } from '../config/options.js';
import { DeliveryClaims } from './delivery-claims.js';
import { DeliveryCompletion } from './delivery-completion.js';
import { DeliverySettler } from './delivery-settler.js';
import type { HandOverStatements } from './hand-over.js';
import { HandlerLoop } from './handler-loop.js';
import type { Subscriber } from './subscriber.js';

/** Makes a loop for each handler of a subscriber, so that none ever waits for another. */
@Injectable()
export class HandlerLoops {
  readonly #statements: HandOverStatements;

  constructor(
    claims: DeliveryClaims,
    completion: DeliveryCompletion,
    settler: DeliverySettler,
    { background }: Database,
  ) {
    this.#statements = { claims, completion, settler, background };
  }

  /** Not started yet. */
  make({ name, handlers }: Subscriber, options: Required<DispatcherOptions>): HandlerLoop[] {
    return handlers.map((handler) => new HandlerLoop(name, handler, this.#statements, options));
  }
}
