import type { Provider } from '@nestjs/common';
import { type EsmsDelivery, type EsmsEvent, OnEsmsEvent } from '../../src/index.js';

type Options = Parameters<typeof OnEsmsEvent>[1];
type Pattern = Parameters<typeof OnEsmsEvent>[0];

/** A provider with one handler; it always gets an array, which has one event where there is no `batch`. */
export function eventHandler(
  options: Omit<Options, 'batch'> & { batch?: number; pattern?: Pattern },
  handle: (events: EsmsEvent[], delivery: EsmsDelivery) => unknown,
): Provider {
  class Handler {
    handle(given: EsmsEvent | EsmsEvent[], delivery: EsmsDelivery): unknown {
      return handle(Array.isArray(given) ? given : [given], delivery);
    }
  }
  const { pattern = '*', ...rest } = options;
  const descriptor = Object.getOwnPropertyDescriptor(Handler.prototype, 'handle') as PropertyDescriptor;
  (OnEsmsEvent(pattern, rest as Options & { batch?: never }) as MethodDecorator)(
    Handler.prototype,
    'handle',
    descriptor,
  );
  return { provide: Symbol(options.subscriber), useValue: new Handler() };
}
