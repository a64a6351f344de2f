/** What may be said of an outage beside its reason. */
interface OutageOptions extends ErrorOptions {
  /** Whether the log says it already, where it was found out. @default false */
  isTold?: boolean;
}

/**
 * What a handler throws when nothing can be delivered for now: a broker that is away, a network that is down. It says
 * nothing about the event, so the delivery goes back without having spent an attempt, and the handler gets no others for
 * a while.
 */
export class OutageError extends Error {
  override readonly name = 'OutageError';
  readonly isTold: boolean;

  constructor(message: string, { isTold = false, ...options }: OutageOptions = {}) {
    super(message, options);
    this.isTold = isTold;
  }
}
