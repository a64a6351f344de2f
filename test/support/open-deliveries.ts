/**
 * SQL for what every subscriber is still to get: deliveries that are open, and events that whoever reads the log has not
 * come to. Parked ones count.
 */
export const OPEN_DELIVERIES = `
  select d.subscriber, d.subject, d.parked_at is not null as parked from esms.deliveries d where d.settled_at is null
  union all
  select c.subscriber, e.subject, false
  from esms.cursors c
  join esms.events e on e.position > c.position or e.position <@ c.gaps
  left join esms.subscribers s on s.name = c.subscriber
  where c.subscriber = 'esms:fan-out' or s.patterns && array[e.type, split_part(e.type, '.', 1) || '.*', '*']`;
