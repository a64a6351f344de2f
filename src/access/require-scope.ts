import { SetMetadata } from '@nestjs/common';
import type { Scope } from './caller.js';

/** Key of the scope a route needs. */
export const SCOPE_METADATA = 'nestjs-esms:scope';

/** Names the scope a route needs; the `ApiKeyGuard` asks for it. */
export function RequireScope(scope: Scope): MethodDecorator {
  return SetMetadata(SCOPE_METADATA, scope);
}
