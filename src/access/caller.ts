/** What a caller may do: all GETs, registering, seeing recipients, replaying and requeueing. */
export const SCOPES = ['read', 'write', 'pii', 'operate'] as const;

/** See {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** Who asks, as the guard found out. */
export interface Caller {
  /** The account whose messages it may see; null: any, by the `account` parameter. */
  account: string | null;
  scopes: ReadonlySet<Scope>;
  /** A name for its API key that tells nothing of it, from the `ApiKeyGuard`; limits are kept by it. */
  key?: string;
}

const CALLER = Symbol.for('nestjs-esms:caller');

/** Behind a host's own guard, or none, everything is allowed: that guard has decided. */
const TRUSTED: Caller = { account: null, scopes: new Set(SCOPES) };

/** Leaves the caller on its request, for the controllers. */
export function rememberCaller(request: object, caller: Caller): void {
  Reflect.set(request, CALLER, caller);
}

/** The caller of a request. */
export function callerOf(request: object): Caller {
  return (Reflect.get(request, CALLER) as Caller | undefined) ?? TRUSTED;
}
