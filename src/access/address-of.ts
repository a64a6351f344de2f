/** A request of either adapter, as far as it says where it came from. */
export interface AddressedRequest {
  /** As the adapter's setting for trusted proxies has it. */
  ip?: string;
}

/** Where a request came from, for the log: an operator finds the system behind it that was forgotten. */
export function addressOf({ ip }: AddressedRequest): string {
  return ip ?? 'an unknown address';
}
