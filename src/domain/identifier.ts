/** An SMSID that is kept: what begins with `registration:` would be taken for the subject of another's events. */
export const SMS_ID = /^(?!registration:)[^\p{Cc}\uFFFD]{1,128}$/u;

/** Printable ASCII without blanks: what nearly every identifier consists of, and nothing in it needs a change. */
const PLAIN = /^[!-~]*$/;

/** Characters that nobody sees: zero-width ones, marks of direction, soft hyphens, byte order marks, annotations. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu;

/** Blanks of every width that are no control characters; a no-break space is the one that people paste. */
const BLANK = /[\p{Zs}\p{Zl}\p{Zp}]/gu;

/** The hyphen and the no-break hyphen, which look like the one on the keyboard. */
const HYPHEN = /[\u2010\u2011]/g;

/** ASCII in the width of a Chinese character, as some keyboards write it. */
const FULL_WIDTH = /[\uFF01-\uFF5E]/g;
const FULL_WIDTH_OFFSET = 0xfe_e0;

/**
 * An SMSID, RequestId, ref or recipient in the one form under which it is stored and looked up, wherever it came from:
 * two texts that look the same on paper are the same identifier. Invisible characters go, blanks around it too, a blank
 * within it becomes a space, accents are composed (NFC), full-width ASCII becomes plain.
 */
export function identifierOf(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll(INVISIBLE, '')
    .normalize('NFC')
    .replaceAll(BLANK, ' ')
    .replaceAll(HYPHEN, '-')
    .replaceAll(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - FULL_WIDTH_OFFSET))
    .trim();
}
