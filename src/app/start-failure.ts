/** What an option of the module comes from, of those that only the module can check. */
const VARIABLES = {
  publicUrl: 'PUBLIC_URL',
  'database.url': 'DATABASE_URL',
  'relays.rabbitmq.url': 'RABBITMQ_URL',
  'relays.rabbitmq.exchange': 'RABBITMQ_EXCHANGE',
  'relays.nats.url': 'NATS_URL',
  'relays.nats.subjectPrefix': 'NATS_SUBJECT_PREFIX',
  'relays.nats.stream': 'NATS_STREAM',
};

/** Why a server does not listen, by Node's code. */
const REFUSALS: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port, host) => `PORT: ${port} is in use already at ${host}`,
  EACCES: (port) => `PORT: this user may not listen on ${port}`,
  EADDRNOTAVAIL: (_port, host) => `HOST: ${host} is no address of this machine`,
  EINVAL: (_port, host) => `HOST: ${host} is no address to listen at`,
  ENOTFOUND: (_port, host) => `HOST: there is no host ${host}`,
  EAI_AGAIN: (_port, host) => `HOST: ${host} cannot be looked up now`,
};

/** Why the service did not start, by the names of variables: one line for each reason, no stack. */
export function startFailure(error: unknown, { port, host }: { port: number; host: string }): string {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const refusal = REFUSALS[code ?? ''];
  if (refusal !== undefined && /^(listen|bind|getaddrinfo)/.test(syscall ?? '')) return refusal(port, host);
  return Object.entries(VARIABLES).reduce(
    (text, [option, variable]) => text.replaceAll(`- ${option}:`, `- ${variable}:`),
    message,
  );
}
