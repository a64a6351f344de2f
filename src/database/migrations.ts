import { InitialSchema1764000000000 } from './migrations/1764000000000-initial-schema.js';
import { DurableSubscribers1764100000000 } from './migrations/1764100000000-durable-subscribers.js';
import { PublicViews1764200000000 } from './migrations/1764200000000-public-views.js';
import { Webhooks1764300000000 } from './migrations/1764300000000-webhooks.js';

/** Every migration, oldest first; TypeORM orders them by the time in their names. */
export const MIGRATIONS = [
  InitialSchema1764000000000,
  DurableSubscribers1764100000000,
  PublicViews1764200000000,
  Webhooks1764300000000,
] as const;
