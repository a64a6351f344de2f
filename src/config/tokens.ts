/** Injection token of the {@link ResolvedOptions}. */
export const OPTIONS = Symbol.for('nestjs-esms:options');

/** Injection token of the {@link ResolvedStructure}. */
export const STRUCTURE = Symbol.for('nestjs-esms:structure');

/** Injection token of the resolved `WebhookOptions`. */
export const WEBHOOKS = Symbol.for('nestjs-esms:webhooks');

/** Injection token of the {@link Clock}. */
export const CLOCK = Symbol.for('nestjs-esms:clock');
