const TABLES = [
  'messages',
  'receipts',
  'registrations',
  'quarantine',
  'events',
  'subscribers',
  'subscriber_hosts',
  'deliveries',
  'ledger',
  'contact_entries',
  'webhooks',
  'webhook_attempts',
  'person_lookups',
] as const;

/** Our tables by name, each with its schema before it, ready for SQL. */
export type Tables = Readonly<Record<(typeof TABLES)[number], string>>;

/** The tables in a schema; always qualified, since neither a host's search path nor a pooler's can be relied on. */
export function tablesIn(schema: string): Tables {
  return Object.fromEntries(TABLES.map((table) => [table, `"${schema}"."${table}"`])) as Tables;
}
