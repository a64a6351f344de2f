/** What the gateway says about a Zalo message: its code, `0` for success, and its words. */
export interface GatewayError {
  code: number;
  message: string;
}

/**
 * How `error_info` is written. `json`: an object; `json_string`: an object inside a JSON string; `escaped_twice`: an
 * object percent-encoded once more than a query needs, with a time behind it.
 */
export type ErrorEncoding = 'json' | 'json_string' | 'escaped_twice';

/** A value of `error_info`, ready for the query. */
export function errorInfoText(info: object, encoding: ErrorEncoding, time: string): string {
  const json = JSON.stringify(info);
  if (encoding === 'escaped_twice') return encodeURIComponent(encodeURI(`${json}____${time}`));
  return escaped(encoding === 'json_string' ? JSON.stringify(json) : json);
}

/** The gateway leaves braces as they are, and escapes an apostrophe. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll('%7B', '{').replaceAll('%7D', '}').replaceAll("'", '%27');
}
