import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { DispatcherOptions } from '../config/options.js';
import { DeliveryClaims } from './delivery-claims.js';
import { DeliveryCompletion } from './delivery-completion.js';
import { DeliverySettler } from './delivery-settler.js';
import type { HandOverStatements } from './hand-over.js';
import { HandlerLoop } from './handler-loop.js';
import { SubscriberRegistry } from './subscriber-registry.js';

/** Makes a loop for each handler of this process, so that none ever waits for another. */
@Injectable()
export class HandlerLoops {
  readonly #statements: HandOverStatements;

  constructor(
    private readonly registry: SubscriberRegistry,
    claims: DeliveryClaims,
    completion: DeliveryCompletion,
    settler: DeliverySettler,
    { background }: Database,
  ) {
    this.#statements = { claims, completion, settler, background };
  }

  /** Not started yet. Throws `subscribers_invalid` where the handlers cannot be as they are. */
  make(options: Required<DispatcherOptions>): HandlerLoop[] {
    return this.registry
      .discover()
      .flatMap(({ name, handlers }) =>
        handlers.map((handler) => new HandlerLoop(name, handler, this.#statements, options)),
      );
  }
}
