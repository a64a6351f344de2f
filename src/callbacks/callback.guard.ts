import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import { CallbackTokens } from '../access/callback-tokens.js';

const ACCOUNT = Symbol.for('nestjs-esms:callback-account');

interface CallbackRequest {
  method: string;
  params: { token?: unknown };
}

/**
 * Lets the gateway in by the token in the path, before anything touches database or disk. Strangers, and every method
 * but GET (an adapter may route HEAD here too), get the same 404.
 */
@Injectable()
export class CallbackGuard implements CanActivate {
  constructor(private readonly tokens: CallbackTokens) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<CallbackRequest>();
    const { token } = request.params;
    const account = typeof token === 'string' ? this.tokens.accountOf(token) : null;
    if (account === null || request.method !== 'GET') throw new NotFoundException('Not Found');
    Reflect.set(request, ACCOUNT, account);
    return true;
  }
}

/** The account whose token a guarded request brought. */
export function accountOfCallback(request: object): string {
  return Reflect.get(request, ACCOUNT) as string;
}
