import { type CodeRow, codeTable } from './code-table.js';

/**
 * eSMS's own codes (facts §6.1: its error table and the tabs of its pages). They answer sends and queries; only 1001
 * is documented in an error_info (facts §5, QueryZnsStatus). The classes are our reading: `credentials` is everything
 * that we must mend ourselves, keys, senders, set-up and malformed requests; `transient` is what may go well later.
 *
 * Doubts: 99 is "phone blocked" in the error table and "invalid request" in some page tabs; 117 and 171 mean the same;
 * 788 was replaced by 799, and 789 once meant "OA id missing". 100 is no failure and so is not here.
 */
const ROWS: readonly CodeRow[] = [
  ['99', 'recipient_blocked', 'recipient', 'phone number blocked on the system'],
  ['101', 'credentials_invalid', 'credentials', 'wrong ApiKey or SecretKey'],
  ['102', 'not_configured', 'credentials', 'no price table'],
  ['103', 'balance_insufficient', 'balance', 'not enough balance'],
  ['104', 'sender_invalid', 'credentials', 'brandname or call code does not exist'],
  ['105', 'request_invalid', 'transient', 'message or call not found, perhaps not yet'],
  ['106', 'request_invalid', 'credentials', 'recording does not exist'],
  ['107', 'request_invalid', 'credentials', 'fewer than 30 distinct numbers'],
  ['108', 'recipient_invalid', 'recipient', 'phone number malformed'],
  ['110', 'request_invalid', 'credentials', 'request data wrong'],
  ['115', 'recipient_invalid', 'recipient', 'hash phone invalid'],
  ['117', 'request_invalid', 'credentials', 'one-time code invalid or used'],
  ['118', 'request_invalid', 'credentials', 'message type not supported'],
  ['120', 'request_invalid', 'credentials', 'too many phone numbers'],
  ['124', 'request_invalid', 'credentials', 'duplicate RequestId'],
  ['140', 'not_configured', 'credentials', 'our IP address is not on the whitelist'],
  ['143', 'credentials_invalid', 'credentials', 'account not active or locked'],
  ['146', 'template_invalid', 'template', 'wrong customer care template'],
  ['160', 'quota_exceeded', 'transient', 'too many requests per second'],
  ['161', 'request_invalid', 'credentials', 'date invalid'],
  ['162', 'request_invalid', 'credentials', 'Offset or Count invalid'],
  ['163', 'request_invalid', 'credentials', 'more than one number per request'],
  ['171', 'request_invalid', 'credentials', 'one-time code used, expired or not for this number'],
  ['177', 'not_configured', 'credentials', 'telco not registered'],
  ['199', 'request_invalid', 'credentials', 'this request exists and is being processed'],
  ['201', 'content_refused', 'template', 'content has a blocked keyword'],
  ['204', 'sender_invalid', 'credentials', 'OAID does not exist'],
  ['210', 'request_invalid', 'credentials', 'payload not as specified'],
  ['300', 'request_invalid', 'credentials', 'message type missing'],
  ['301', 'request_invalid', 'credentials', 'service type not supported'],
  ['687', 'request_invalid', 'credentials', 'more than 500 numbers'],
  ['788', 'sender_invalid', 'credentials', 'OAID not active'],
  ['789', 'template_not_permitted', 'credentials', 'template not configured for this OA'],
  ['790', 'template_invalid', 'template', 'wrong ZNS template'],
  ['791', 'request_invalid', 'credentials', 'OA id or template id missing'],
  ['799', 'sender_invalid', 'credentials', 'OAID inactive, wrong or not added to the account'],
  ['801', 'request_invalid', 'credentials', 'over-quota mode cannot be scheduled'],
  ['802', 'sender_not_permitted', 'credentials', 'OA not allowed to use the over-quota mode'],
  ['851', 'request_invalid', 'credentials', 'MessageId or SMSID missing'],
  ['852', 'recipient_invalid', 'recipient', 'Zalo user id invalid'],
  ['853', 'request_invalid', 'credentials', 'Zalo user id missing'],
  ['854', 'request_invalid', 'transient', 'no data, perhaps not yet'],
  ['1001', 'recipient_inactive', 'recipient', 'customer was not online within the allowed time'],
];

/** See {@link ROWS}. */
export const ESMS_CODES = codeTable(ROWS);
