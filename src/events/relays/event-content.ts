import type { ContentMode } from '../../config/options.js';
import type { CloudEvent } from '../cloud-event.js';

/** An event as the parts of a message, the same for every broker. */
export interface EventContent {
  contentType: string;
  /** The context attributes that a binding puts into headers, under its own prefix; none where the body has them. */
  attributes: Readonly<Record<string, string>>;
  body: Buffer;
}

/** The two content modes of CloudEvents: everything in the body, or the data there and the rest in headers. */
export function contentOf(event: CloudEvent, mode: ContentMode): EventContent {
  if (mode === 'structured') {
    const contentType = 'application/cloudevents+json; charset=utf-8';
    return { contentType, attributes: {}, body: Buffer.from(JSON.stringify(event)) };
  }
  const { data, datacontenttype, ...attributes } = event;
  return { contentType: datacontenttype, attributes: { ...attributes }, body: Buffer.from(JSON.stringify(data)) };
}
