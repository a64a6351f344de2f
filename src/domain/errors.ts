/** Every reason for which this library refuses something; the set is closed. */
export type EsmsErrorCode =
  | 'options_invalid'
  | 'loaded_twice'
  | 'arguments_invalid'
  | 'account_unknown'
  | 'registration_invalid'
  | 'registration_conflict'
  | 'message_unkeepable'
  | 'quarantine_replayed'
  | 'cursor_invalid'
  | 'cursor_gone'
  | 'lease_lost'
  | 'transaction_absent'
  | 'transaction_unfit'
  | 'database_other'
  | 'handler_timeout'
  | 'subscriber_unknown'
  | 'subscriber_hosted'
  | 'subscriber_unhosted'
  | 'subscribers_invalid'
  | 'webhook_unknown'
  | 'webhook_url_refused'
  | 'event_unknown'
  | 'limit_reached'
  | 'rate_limited'
  | 'database_away';

/** What our services throw for what a caller can mend; anything else that comes out of them is a fault of ours. */
export class EsmsError extends Error {
  override readonly name = 'EsmsError';
  /** Each problem by itself, where the input was looked through; else empty. */
  readonly problems: readonly string[];
  /** Of `rate_limited`: after how many seconds the same may be asked again; else null. */
  readonly retryAfterSeconds: number | null;

  constructor(
    readonly code: EsmsErrorCode,
    message: string,
    // Spelled out: `ErrorOptions` is unknown to a host that compiles for ES2021, as Nest 10 applications do.
    {
      problems = [],
      retryAfterSeconds = null,
      ...options
    }: { cause?: unknown; problems?: readonly string[]; retryAfterSeconds?: number | null } = {},
  ) {
    super(message, options);
    this.problems = problems;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
