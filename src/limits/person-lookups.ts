import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/sql-runner.js';
import { EsmsError } from '../domain/errors.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

type LimitedCaller = Caller & { key: string };

/** The minute of a key that began with its first look-up, as far as this process knows of it. */
interface Minute {
  used: number;
  /** By this process's own clock, in milliseconds. */
  endsAt: number;
}

interface CountedMinute {
  used: number;
  /** Whether the minute before it was used up as well. */
  wasOver: boolean;
  leftMs: number;
}

/** The comparisons that the registrations of one request make, see {@link PersonLookups.guesses}. */
export interface RecipientGuesses {
  /** To be told of each, before anything shows how it went. Throws `rate_limited` where no more may be made. */
  compare: (agrees: boolean) => void;
  /** Resolves when they are counted for every process. */
  settle: () => Promise<void>;
}

/**
 * How often a key without `pii` may ask about a person. It sees all but six digits of a number, and whoever may ask
 * without end tries those. Counted in PostgreSQL for all processes together, in one statement a look-up. A key that has
 * used its minute up is refused from memory, and the look-ups of a key wait for each other, so that it takes one
 * connection at most. Behind a host's own guards everybody has every scope, and nobody is limited.
 */
@Injectable()
export class PersonLookups {
  readonly #logger = new Logger('EsmsApi');
  readonly #limit: number;
  readonly #count: string;
  readonly #minutes = new Map<string, Minute>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(
    @Inject(OPTIONS) { lookupsPerMinute }: ResolvedOptions,
    private readonly database: Database,
  ) {
    this.#limit = lookupsPerMinute;
    const hasEnded = `l.began_at <= now() - interval '1 minute'`;
    this.#count = `
      insert into ${database.tables.person_lookups} as l (key, began_at, used, was_over) values ($1, now(), $2, false)
      on conflict (key) do update set
        was_over = case when ${hasEnded}
          then l.used > $3 and l.began_at > now() - interval '2 minutes' else l.was_over end,
        used = case when ${hasEnded} then 0 else l.used end + $2,
        began_at = case when ${hasEnded} then now() else l.began_at end
      returning used, was_over as "wasOver",
        (extract(epoch from began_at + interval '1 minute' - now()) * 1000)::int as "leftMs"`;
  }

  /** Counts a look-up. Throws `rate_limited` where the key has had all of its minute, and `database_away`. */
  async count(caller: Caller): Promise<void> {
    if (!isLimited(caller)) return;
    await this.#inTurn(caller.key, async () => {
      if (this.#minuteOf(caller.key).used <= this.#limit) await this.#add(caller, 1);
      if (this.#minuteOf(caller.key).used > this.#limit) throw this.#refusal(caller.key);
    });
  }

  /**
   * For registrations, whose 409 tells a wrong recipient from the right one. Wrong ones alone count, so that registering
   * the same again costs nothing. null where nothing is counted.
   */
  guesses(caller: Caller): RecipientGuesses | null {
    if (!isLimited(caller)) return null;
    let made = 0;
    const compare = (agrees: boolean): void => {
      const minute = this.#minuteOf(caller.key);
      const isOver = minute.used >= this.#limit;
      if (!agrees || isOver) {
        // The first one too many is counted as well: that is how the others learn of it.
        made += minute.used > this.#limit ? 0 : 1;
        minute.used += 1;
      }
      if (isOver) throw this.#refusal(caller.key);
    };
    const settle = async (): Promise<void> => {
      if (made > 0) await this.#inTurn(caller.key, () => this.#add(caller, made));
    };
    return { compare, settle };
  }

  /** One after the other, of a key. */
  #inTurn(key: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work);
    this.#turns.set(
      key,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async #add({ key, account }: LimitedCaller, count: number): Promise<void> {
    const [counted] = await rowsOf<CountedMinute>(this.database, this.#count, [key, count, this.#limit]);
    if (counted === undefined) throw new TypeError('the look-ups of a key were not counted');
    const { used, wasOver, leftMs } = counted;
    const known = this.#minuteOf(key);
    const endsAt = performance.now() + leftMs;
    const isSame = Math.abs(endsAt - known.endsAt) < SECOND_MS;
    this.#minutes.set(key, { used: isSame ? Math.max(used, known.used) : used, endsAt });
    const isFirstOver = used > this.#limit && used - count <= this.#limit && !wasOver;
    if (!isFirstOver) return;
    const whose = `key ${key} of ${account === null ? 'all accounts' : `account ${account}`}`;
    this.#logger.warn(`${whose} has had its ${this.#limit} look-ups by person of a minute; more are answered 429`);
  }

  #minuteOf(key: string): Minute {
    const known = this.#minutes.get(key);
    if (known !== undefined && known.endsAt > performance.now()) return known;
    const begun = { used: 0, endsAt: performance.now() + MINUTE_MS };
    this.#minutes.set(key, begun);
    return begun;
  }

  #refusal(key: string): EsmsError {
    const leftMs = this.#minuteOf(key).endsAt - performance.now();
    return new EsmsError(
      'rate_limited',
      `an API key without the scope pii may look up ${this.#limit} persons a minute: wait, or use a key with pii`,
      { retryAfterSeconds: Math.max(1, Math.ceil(leftMs / SECOND_MS)) },
    );
  }
}

function isLimited(caller: Caller): caller is LimitedCaller {
  return caller.key !== undefined && !caller.scopes.has('pii');
}
