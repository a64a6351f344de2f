const TABLES = [
  'messages',
  'receipts',
  'registrations',
  'quarantine',
  'changes',
  'subscribers',
  'subscriber_hosts',
  'cursors',
  'deliveries',
  'ledger',
  'ledger_checks',
  'contact_entries',
  'webhooks',
  'webhook_attempts',
  'person_lookups',
] as const;

/** Our tables by name, each with its schema before it, ready for SQL. */
export type Tables = Readonly<Record<(typeof TABLES)[number], string>>;

/** The views that are a contract, by name, each with its schema before it. */
export type Views = Readonly<Record<'v1_messages', string>>;

/** The tables in a schema; always qualified, since neither a host's search path nor a pooler's can be relied on. */
export function tablesIn(schema: string): Tables {
  return Object.fromEntries(TABLES.map((table) => [table, `"${schema}"."${table}"`])) as Tables;
}

/** The views in a schema, likewise. */
export function viewsIn(schema: string): Views {
  return { v1_messages: `"${schema}".v1_messages` };
}
