/** What a callback token or an API key is made of; Fastify routes no longer segment of a path unless told to. */
export const SECRET_PATTERN = /^[A-Za-z0-9_-]{16,100}$/;

/** What the name of an account or of a schema is made of. */
export const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
