/** SQL for the changes of the subject in `$1`, of all where it is null, as `eventsOf` reads them. */
export const STORED_CHANGES_SQL = `
  select account, subject, id, sequence, array_to_string(types, ',') as types, occurred_at::text as time, facts, view,
    recipient
  from esms.changes where subject = coalesce($1, subject) order by position`;
