/** What is known of a contender outside its process. */
export interface Contender {
  label: string;
  /** How it is made, for the table's footnotes. */
  description: string;
  /** Tables that hold one row of every callback answered with 200; none where it has no database. */
  stores: readonly string[];
  /** Tables that hold one such row a little later. */
  follows: readonly string[];
}

const OURS = ['esms.messages', 'esms.receipts'];

/** Everything that is measured, side by side, in this order. */
export const CONTENDERS = {
  plain: {
    label: 'plain Nest + Express + TypeORM',
    description: 'a DTO and ValidationPipe, one transaction a callback: findOne, save the message, save the receipt',
    stores: ['messages', 'receipts'],
    follows: [],
  },
  statement: {
    label: 'one SQL statement a callback',
    description: 'Nest, Fastify and a pg pool: one prepared statement inserts the receipt and upserts the message',
    stores: ['messages', 'receipts'],
    follows: [],
  },
  rows: {
    label: 'our rows, and nothing else',
    description:
      'bare Fastify and our batches: the rows that ours would write, copied with another SMSID; nothing is checked, decoded, looked up or decided, so this is what the rows alone allow',
    stores: OURS,
    follows: [],
  },
  ours: {
    label: 'ours, dispatcher idle',
    description:
      'EsmsModule on the adapter of the service, without billing and CRM, and without a spool, so that 200 means committed',
    stores: OURS,
    follows: [],
  },
  everything: {
    label: 'ours, billing and CRM running',
    description: 'the same with billing and CRM, which work on the same cores meanwhile',
    stores: OURS,
    follows: ['esms.ledger', 'esms.contact_entries'],
  },
  pipeline: {
    label: 'ours without a database',
    description: 'the same application, its intake replaced by one that is done at once',
    stores: [],
    follows: [],
  },
  bare: {
    label: 'bare Fastify handler',
    description: 'answers OK to the same route, and nothing else',
    stores: [],
    follows: [],
  },
  socket: {
    label: 'bare socket (limit of the load generator)',
    description: "no HTTP server at all: fixed bytes for whatever comes, so this is the load generator's own limit",
    stores: [],
    follows: [],
  },
} as const satisfies Record<string, Contender>;

/** The name of one. */
export type ContenderName = keyof typeof CONTENDERS;

/** All names, in the order of the rounds. */
export const CONTENDER_NAMES = Object.keys(CONTENDERS) as ContenderName[];
