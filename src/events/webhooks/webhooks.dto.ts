import { IsBoolean, IsString, Length, Matches, MaxLength, ValidateBy, ValidateIf } from 'class-validator';
import { IsMoment } from '../../access/is-moment.js';
import { UUID } from '../../database/uuid.js';
import type { EventPattern } from '../on-esms-event.js';
import { EVENT_PATTERNS } from '../subscriber.js';

const LONGEST_URL = 2_048;
const WITHOUT_NUL = { regexp: /^[^\0]*$/, message: '$property: no NUL characters' };

/** null is a wrong value, not an absent one. */
const isGiven = (_dto: object, value: unknown): boolean => value !== undefined;

/** One look at as many as there are: class-validator compares all of a list with each other. */
const IsListOfPatterns = (): PropertyDecorator =>
  ValidateBy({
    name: 'isListOfPatterns',
    validator: {
      validate: (value) =>
        Array.isArray(value) &&
        value.length > 0 &&
        value.length <= EVENT_PATTERNS.length &&
        new Set(value).size === value.length &&
        value.every((each) => EVENT_PATTERNS.includes(each as EventPattern)),
      defaultMessage: () => `events: a list of one or more of ${EVENT_PATTERNS.join(', ')}, each once`,
    },
  });

/** What may be said of a webhook. */
class SettingsDto {
  /** Which events it gets: types, `message.*` or `*`. */
  @ValidateIf(isGiven)
  @IsListOfPatterns()
  events?: EventPattern[];

  /** For people. */
  @ValidateIf(isGiven)
  @IsString()
  @MaxLength(256)
  @Matches(WITHOUT_NUL.regexp, { message: WITHOUT_NUL.message })
  description?: string;

  /** Whether it is called. */
  @ValidateIf(isGiven)
  @IsBoolean()
  enabled?: boolean;
}

/** A new webhook. */
export class NewWebhookDto extends SettingsDto {
  /** Where it is called. */
  @IsString()
  @Length(1, LONGEST_URL)
  @Matches(WITHOUT_NUL.regexp, { message: WITHOUT_NUL.message })
  url: string;
}

/** A change of a webhook. */
export class ChangeWebhookDto extends SettingsDto {
  /** Where it is called. */
  @ValidateIf(isGiven)
  @IsString()
  @Length(1, LONGEST_URL)
  @Matches(WITHOUT_NUL.regexp, { message: WITHOUT_NUL.message })
  url?: string;
}

/** A property that may not stand beside another. */
const IsWithout = (other: string): PropertyDecorator =>
  ValidateBy({
    name: 'isWithout',
    validator: {
      validate: (_value, asked) => (asked?.object as Record<string, unknown>)[other] === undefined,
      defaultMessage: () => `$property: not together with ${other}`,
    },
  });

/** What a webhook is to get again. */
export class ReplayWebhookDto {
  /** Every event stored since a time. */
  @ValidateIf(({ subject, from }: ReplayWebhookDto) => subject === undefined || from !== undefined)
  @IsMoment()
  from?: string;

  /** Every event of one message. */
  @ValidateIf(({ subject, eventId }: ReplayWebhookDto) => subject !== undefined || eventId !== undefined)
  @IsWithout('from')
  @IsString()
  @MaxLength(128)
  @Matches(WITHOUT_NUL.regexp, { message: WITHOUT_NUL.message })
  subject?: string;

  /** One of them. */
  @ValidateIf(isGiven)
  @Matches(UUID, { message: 'eventId: not the id of an event' })
  eventId?: string;
}
