/** Which webhook. */
export interface WebhookKey {
  account: string;
  id: string;
}

/** The subscriber that a webhook is; no handler can have a name with a colon. */
export const subscriberOf = ({ id }: Pick<WebhookKey, 'id'>): string => `webhook:${id}`;
