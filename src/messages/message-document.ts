import { compact } from '../domain/compact.js';
import type { EvidenceKey } from '../domain/evidence.js';
import { emptyMessage, type Fact, type Facts, type MessageState } from '../domain/message-state.js';

/** A fact with the place of its report's key in {@link MessageDocument.keys}: most messages have one report. */
type PackedFact = [key: number, value: unknown];

/**
 * A message as it is stored: what an empty one has anyway is left out, each report's key is there once. Bytes are what
 * a callback costs on its way to the database (a third of our time was writing to the socket, measured).
 */
export interface MessageDocument
  extends Partial<Omit<MessageState, 'account' | 'smsId' | 'standing' | 'error' | 'facts'>> {
  keys: EvidenceKey[];
  standing?: PackedFact;
  error?: PackedFact;
  facts: Partial<Record<keyof Facts, PackedFact>>;
}

const PACKED_APART = ['account', 'smsId', 'standing', 'error', 'facts'] as const;

/** The document of a message. */
export function documentOf(message: MessageState): MessageDocument {
  const { standing, error, facts } = message;
  const keys: EvidenceKey[] = [];
  const pack = ({ key, value }: Fact<unknown>): PackedFact => {
    const known = keys.indexOf(key);
    return [known === -1 ? keys.push(key) - 1 : known, value];
  };
  const packed: MessageDocument = Object.assign(compact(message, PACKED_APART), { keys, facts: {} });
  if (standing !== null) packed.standing = pack(standing);
  if (error !== null) packed.error = pack(error);
  for (const name of Object.keys(facts) as (keyof Facts)[]) packed.facts[name] = pack(facts[name] as Fact<unknown>);
  return packed;
}

/** The message of a document. */
export function messageOf(account: string, smsId: string, document: MessageDocument): MessageState {
  const { keys, standing, error, facts, ...rest } = document;
  const unpack = <Value>([key, value]: PackedFact): Fact<Value> => ({
    key: keys[key] as EvidenceKey,
    value: value as Value,
  });
  return {
    ...emptyMessage(account, smsId),
    ...rest,
    standing: standing === undefined ? null : unpack(standing),
    error: error === undefined ? null : unpack(error),
    facts: Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, unpack(fact)])),
  };
}
