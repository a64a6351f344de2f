/** The token every contender takes. */
export const TOKEN = 'bench_callback_token_0123456789';

/** Where every contender listens. */
export const HOST = '127.0.0.1';

/** The path of every contender's route, as Nest and Fastify write it. */
export const ROUTE = 'callbacks/esms/:token';
