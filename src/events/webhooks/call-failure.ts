import { NameRefused } from './public-lookup.js';

/**
 * Why calls fail, by the codes of Node and OpenSSL. Their own messages say addresses and names from inside a network,
 * which are nothing for whoever added the webhook.
 */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before an answer',
  EPIPE: 'the connection was closed before an answer',
  ETIMEDOUT: 'nothing answered there',
  EHOSTUNREACH: 'nothing can be reached there',
  ENETUNREACH: 'nothing can be reached there',
  EPROTO: 'TLS was not spoken there',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is of no authority known here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of no authority known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of no authority known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes without the one above it',
};

/** Why a call got no answer, in words that tell nothing of the network it was made from. */
export function callFailure(error: unknown): string {
  if (error instanceof NameRefused) return error.message;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !/^\w+$/.test(code)) return 'the call failed';
  if (code.startsWith('HPE_')) return `HTTP was not spoken there (${code})`;
  return `${REASONS[code] ?? 'the call failed'} (${code})`;
}
