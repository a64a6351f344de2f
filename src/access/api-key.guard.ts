import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiKeys } from './api-keys.js';
import { rememberCaller, type Scope } from './caller.js';
import { SCOPE_METADATA } from './require-scope.js';

interface KeyedRequest {
  headers: Record<string, string | string[] | undefined>;
}

/** Lets a request in by the key in `x-api-key`, or as a bearer, and by the scope its route needs. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  /** @internal */
  constructor(
    private readonly keys: ApiKeys,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    const caller = this.keys.identify(request);
    const scope = this.reflector.get<Scope | undefined>(SCOPE_METADATA, context.getHandler()) ?? 'operate';
    if (!caller.scopes.has(scope)) throw new ForbiddenException(`this API key lacks the scope ${scope}`);
    rememberCaller(request, caller);
    return true;
  }
}
