/**
 * Whose fault a failure is. Only `recipient` says anything about the person; the rest is about the template, the
 * balance, the credentials, the hour or the moment, and `unspecified` about nothing.
 */
export const FAILURE_CLASSES = [
  'recipient',
  'template',
  'balance',
  'credentials',
  'time_window',
  'transient',
  'unspecified',
] as const;

/** See {@link FAILURE_CLASSES}. */
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Why a message failed, in our words: a closed set, the gateway's raw code stands beside it. */
export const REASONS = [
  'recipient_invalid',
  'recipient_unknown',
  'recipient_inactive',
  'recipient_unsupported',
  'recipient_refused',
  'recipient_not_following',
  'recipient_not_interacting',
  'recipient_limit',
  'recipient_blocked',
  'template_invalid',
  'template_not_approved',
  'template_not_permitted',
  'template_data_invalid',
  'content_refused',
  'request_invalid',
  'balance_insufficient',
  'quota_exceeded',
  'credentials_invalid',
  'sender_invalid',
  'sender_not_permitted',
  'not_configured',
  'outside_hours',
  'gateway_trouble',
  'no_report',
  'unspecified',
] as const;

/** See {@link REASONS}. */
export type Reason = (typeof REASONS)[number];

/** What went wrong with a message: the gateway's code and text as they came, our reading beside them. */
export interface Failure {
  /** The gateway's own code, as text; null where it gave only words, or none. */
  code: string | null;
  message: string | null;
  reason: Reason;
  failureClass: FailureClass;
}

/** What a message closed by silence says (design §3). */
export const NO_REPORT: Failure = { code: null, message: null, reason: 'no_report', failureClass: 'unspecified' };

/** Whether two failures say the same. */
export function sameFailure(a: Failure | null, b: Failure | null): boolean {
  return a?.code === b?.code && a?.message === b?.message && a?.reason === b?.reason;
}
