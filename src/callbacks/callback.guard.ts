import { type CanActivate, type ExecutionContext, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { addressOf, type AddressedRequest } from '../access/address-of.js';
import { CallbackTokens } from '../access/callback-tokens.js';
import { CountedLine } from '../telemetry/counted-line.js';

const ACCOUNT = Symbol.for('nestjs-esms:callback-account');

interface CallbackRequest extends AddressedRequest {
  method: string;
  params: { token?: unknown };
}

/**
 * Lets the gateway in by the token in the path, before anything touches database or disk. Strangers, and every method
 * but GET (an adapter may route HEAD here too), get the same 404.
 */
@Injectable()
export class CallbackGuard implements CanActivate {
  readonly #logger = new Logger('EsmsCallbacks');
  readonly #strangers = new CountedLine((line) => this.#logger.warn(line));

  constructor(private readonly tokens: CallbackTokens) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<CallbackRequest>();
    const { token } = request.params;
    const account = typeof token === 'string' ? this.tokens.accountOf(token) : null;
    if (account === null)
      this.#strangers.note(`a callback with an unknown token was refused, from ${addressOf(request)}`);
    if (account === null || request.method !== 'GET') throw new NotFoundException('Not Found');
    Reflect.set(request, ACCOUNT, account);
    return true;
  }
}

/** The account whose token a guarded request brought. */
export function accountOfCallback(request: object): string {
  return Reflect.get(request, ACCOUNT) as string;
}
