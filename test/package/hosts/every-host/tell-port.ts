import type { AddressInfo, Server } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { EsmsSubscriptions } from 'nestjs-esms';

/** Listens on a port of the system's choice and tells it, ready for callbacks; ends in order when asked to. */
export async function tellPort(app: INestApplication): Promise<void> {
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  const subscriptions = app.get(EsmsSubscriptions, { strict: false });
  while (!(await isEnrolled(subscriptions))) await new Promise((resolve) => setTimeout(resolve, 20));
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  console.log(JSON.stringify({ port }));
}

/** An event before that would not reach the host's handler. */
async function isEnrolled(subscriptions: EsmsSubscriptions): Promise<boolean> {
  try {
    return (await subscriptions.get('observed')).hosted;
  } catch {
    return false;
  }
}
