/** Adds OpenAPI descriptions to the routes; only for those who have `@nestjs/swagger`. */
export function describeEsms(): void {}
