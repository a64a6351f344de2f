export { EmbeddedPostgresUnavailableError } from './database/embedded-postgres/embedded-postgres-unavailable.error.js';
export type { CallbackContent, CallbackOutcome } from './testing/callback-content.js';
export type { ErrorEncoding, GatewayError } from './testing/error-info-text.js';
export { esmsCallback } from './testing/esms-callback.js';
export { EsmsEventRecorder, type NextEventOptions } from './testing/esms-event-recorder.js';
export { settled, type SettledOptions } from './testing/settled.js';
export type { TestDatabase } from './testing/create-database.js';
export { createTestDatabase, type TestDatabaseOptions } from './testing/create-test-database.js';
