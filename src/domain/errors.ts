/** Every reason for which this library refuses something; the set is closed. */
export type EsmsErrorCode =
  | 'options_invalid'
  | 'registration_invalid'
  | 'registration_conflict'
  | 'message_unkeepable'
  | 'quarantine_replayed'
  | 'cursor_invalid'
  | 'filter_invalid'
  | 'lease_lost'
  | 'transaction_absent'
  | 'database_other'
  | 'handler_timeout'
  | 'subscriber_unknown'
  | 'subscriber_hosted'
  | 'subscribers_invalid'
  | 'database_away';

/** What our services throw for what a caller can mend; anything else that comes out of them is a fault of ours. */
export class EsmsError extends Error {
  override readonly name = 'EsmsError';

  constructor(
    readonly code: EsmsErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
