import pg from 'pg';
import { OPEN_DELIVERIES } from '../support/open-deliveries.js';
import type { Call } from './gateway.js';
import type { Life } from './life.js';

/** One thing that must not be. */
export interface Violation {
  kind:
    | 'lost'
    | 'lost though answered'
    | 'unexpected'
    | 'applied twice'
    | 'billed wrongly'
    | 'regression'
    | 'gap in sequence'
    | 'wrong final state'
    | 'undelivered event'
    | 'contact missing';
  subject: string;
  detail: string;
}

interface MessageRow {
  sms_id: string;
  state: string;
  outcome: string | null;
  price: string | null;
  sequence: number;
}

interface EventRow {
  subject: string;
  sequence: number;
  type: string;
  delta: string | null;
}

interface LedgerRow {
  sms_id: string;
  kind: string;
  delta: string;
}

/**
 * Compares what the gateway said with what the database holds. It shares no code with the service, and knows nothing of
 * how the service came to it.
 */
export class Checker {
  readonly violations: Violation[] = [];
  #queries = new Map<string, Set<string>>();

  constructor(
    private readonly client: pg.Client,
    private readonly calls: readonly Call[],
  ) {
    for (const { smsId, query } of calls) this.#queries.set(smsId, (this.#queries.get(smsId) ?? new Set()).add(query));
  }

  async check(lives: readonly Life[]): Promise<Violation[]> {
    const kept = await this.#rows<{ sms_id: string; raw: string }>(
      `select sms_id, encode(raw, 'escape') as raw from esms.receipts`,
    );
    const quarantined = await this.#rows<{ raw: string }>(`select encode(raw, 'escape') as raw from esms.quarantine`);
    this.#checkCalls([...kept, ...quarantined].map(({ raw }) => raw));
    const messages = new Map(
      (
        await this.#rows<MessageRow>('select sms_id, state, outcome, price::text, sequence::int from esms.messages')
      ).map((row) => [row.sms_id, row]),
    );
    const events = grouped(
      await this.#rows<EventRow>(
        `select subject, sequence::int, type, data->>'delta' as delta from esms.events where sequence > 0 order by subject, sequence`,
      ),
      ({ subject }) => subject,
    );
    const ledger = grouped(
      await this.#rows<LedgerRow>('select sms_id, kind, delta::text from esms.ledger'),
      ({ sms_id }) => sms_id,
    );
    const contacts = new Map(
      (await this.#rows<{ sms_id: string; outcome: string }>('select sms_id, outcome from esms.contact_entries')).map(
        (row) => [row.sms_id, row.outcome],
      ),
    );
    for (const life of lives) {
      if (life.expected === null || !this.#wasHeard(life)) continue;
      const { smsId } = life;
      const message = messages.get(smsId);
      this.#checkMessage(life, message, contacts.get(smsId) ?? null);
      this.#checkEvents(smsId, message, events.get(smsId) ?? []);
      this.#checkLedger(smsId, life.expected.price, events.get(smsId) ?? [], ledger.get(smsId) ?? []);
    }
    await this.#checkDeliveries();
    return this.violations;
  }

  /** Every call once and nothing else: what the gateway gave up on counts as well. */
  #checkCalls(stored: readonly string[]): void {
    const times = new Map<string, number>();
    for (const raw of stored) times.set(raw, (times.get(raw) ?? 0) + 1);
    const ends = new Map<string, string>();
    for (const { query, end } of this.calls) if (ends.get(query) !== 'answered') ends.set(query, end);
    for (const [query, end] of ends) {
      if (!times.has(query)) this.#note(end === 'answered' ? 'lost though answered' : 'lost', query, end);
    }
    for (const [raw, count] of times) {
      if (!ends.has(raw)) this.#note('unexpected', raw, 'nobody said this');
      if (count > 1) this.#note('applied twice', raw, `${count} receipts`);
    }
  }

  #wasHeard({ smsId, groups }: Life): boolean {
    return groups.flat().every((query) => this.#queries.get(smsId)?.has(query));
  }

  #checkMessage({ smsId, expected }: Life, message: MessageRow | undefined, contact: string | null): void {
    if (expected === null) return;
    const { state, outcome, price, attributed } = expected;
    const is = message && [message.state, message.outcome, message.price].join(' ');
    const ought = [state, outcome, price].join(' ');
    if (is !== ought) this.#note('wrong final state', smsId, `is ${is}, ought to be ${ought}`);
    if (attributed && contact !== outcome)
      this.#note('contact missing', smsId, `is ${contact}, ought to be ${outcome}`);
  }

  #checkEvents(smsId: string, message: MessageRow | undefined, events: readonly EventRow[]): void {
    const sequences = events.map(({ sequence }) => sequence);
    if (sequences.some((sequence, index) => sequence !== index + 1) || sequences.length !== (message?.sequence ?? 0)) {
      this.#note('gap in sequence', smsId, `${sequences.join()} of ${message?.sequence}`);
    }
    const statuses = events.map(({ type }) => type).filter((type) => type in RANK);
    const ranks = statuses.map((type) => RANK[type] as number);
    if (ranks.some((rank, index) => rank < (ranks[index - 1] ?? 0))) this.#note('regression', smsId, statuses.join());
    if (statuses.some((type, index) => type === statuses[index - 1]))
      this.#note('applied twice', smsId, statuses.join());
    const last = statuses.at(-1) ?? 'none';
    const ought = message?.state === 'reported' ? `message.${message.outcome}` : 'message.sent';
    if (message && last !== ought)
      this.#note('wrong final state', smsId, `the last status event is ${last}, not ${ought}`);
  }

  #checkLedger(smsId: string, price: string, events: readonly EventRow[], ledger: readonly LedgerRow[]): void {
    const sum = (deltas: readonly string[]): bigint => deltas.reduce((total, delta) => total + units(delta), 0n);
    const posted = sum(ledger.map(({ delta }) => delta));
    const told = events.flatMap(({ delta }) => (delta === null ? [] : [delta]));
    if (posted !== units(price)) this.#note('billed wrongly', smsId, `${posted} units posted for a price of ${price}`);
    if (sum(told) !== units(price)) this.#note('billed wrongly', smsId, `${told.join()} told for a price of ${price}`);
    // An event whose delta is 0 tells of a price that is counted elsewhere, unless it is the first.
    const prices = told.filter((delta, index) => index === 0 || units(delta) !== 0n);
    const entries = ledger.filter(({ kind }) => kind === 'price');
    if (prices.length !== entries.length)
      this.#note('billed wrongly', smsId, `${entries.length} entries for ${prices.length} prices`);
    if (
      ledger.filter(({ kind }) => kind === 'reversal').length !==
      ledger.filter(({ kind }) => kind === 'rebooking').length
    )
      this.#note('billed wrongly', smsId, 'a reversal without its rebooking');
  }

  async #checkDeliveries(): Promise<void> {
    const open = await this.#rows<{ subject: string; subscriber: string; parked: boolean }>(OPEN_DELIVERIES);
    for (const { subject, subscriber, parked } of open) {
      this.#note('undelivered event', subject, `${parked ? 'parked' : 'open'} for ${subscriber}`);
    }
  }

  async #rows<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.client.query<Row>(sql)).rows;
  }

  #note(kind: Violation['kind'], subject: string, detail: string): void {
    this.violations.push({ kind, subject, detail });
  }
}

const RANK: Readonly<Record<string, number>> = {
  'message.sent': 1,
  'message.delivered': 2,
  'message.undelivered': 2,
  'message.partially_delivered': 2,
  'message.rejected': 2,
};

/** An amount of four decimals as a whole number. */
function units(amount: string): bigint {
  const [whole = '0', decimals = ''] = amount.split('.');
  return BigInt(`${whole}${decimals.padEnd(4, '0')}`);
}

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
