import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { identifierOf } from '../domain/identifier.js';
import { recipientOf } from '../domain/recipient.js';

/** A hotline and a number of another country are persons to look for as well; a word is a typing error. */
const NUMBER = /^(?:\+[1-9]\d{6,14}|\d{3,20})$/;

/** Looks for somebody: a phone in any form, or a Zalo user id; in a query string also with a `+` that nobody has escaped. */
export function IsPerson(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? withPlus(value) : value)),
    ValidateBy({
      name: 'isPerson',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && NUMBER.test(recipientOf(value).value),
        defaultMessage: () => '$property: a phone number or a Zalo user id',
      },
    }),
  );
}

/** A number of another country is another one without its plus sign; for a Vietnamese one it makes no difference. */
function withPlus(text: string): string {
  const isSpaced = /^ \d/.test(text) && recipientOf(text).kind === 'other';
  return identifierOf(isSpaced ? `+${text.trim()}` : text);
}
