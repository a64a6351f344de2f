import { DispatchHost } from './dispatch-host.js';

/** How fast events that wait are handed to handlers. */
export interface EventRate {
  subscribers: number;
  /** Events a call; null is one. */
  batch: number | null;
  /** To each of the subscribers. */
  perSecond: number;
}

const CALLBACKS = 10_000;
const EVENTS = 2 * CALLBACKS;

/** From when the subscribers may begin until each has had every event. */
export async function measureEventRate(given: {
  databaseUrl: string;
  subscribers: number;
  batch: number | null;
}): Promise<EventRate> {
  const { databaseUrl, subscribers, batch } = given;
  let handled = 0;
  let finish: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (finish = resolve));
  const handle = (events: readonly unknown[]): void => {
    handled += events.length;
    if (handled >= EVENTS * subscribers) finish();
  };
  const host = await DispatchHost.start(databaseUrl, { count: subscribers, batch, handle });
  await host.pause();
  await host.receive(CALLBACKS);
  const start = performance.now();
  await host.resume();
  await all;
  const perSecond = EVENTS / ((performance.now() - start) / 1_000);
  await host.close();
  return { subscribers, batch, perSecond };
}
