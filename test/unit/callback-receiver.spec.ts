import { expect, it } from 'vitest';
import type { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import { CallbackReceiver } from '../../src/callbacks/callback-receiver.js';
import type { CallbackSpool } from '../../src/callbacks/callback-spool.js';
import type { Database } from '../../src/database/database.js';
import { SystemClock } from '../../src/domain/clock.js';
import { LockedByOthers } from '../../src/messages/locked-by-others.js';
import { Readiness } from '../../src/telemetry/readiness.js';

const SEVERAL = 10;

/** A receiver whose database refuses with an error for a while; all else goes well. */
function receiverWith(error: () => Error) {
  const asked = { database: 0, spool: 0 };
  let isRefusing = true;
  const keep = async () => {
    asked.database += 1;
    if (isRefusing) throw error();
    return { smsId: 'kept' };
  };
  const append = async () => {
    asked.spool += 1;
    return true;
  };
  const receiver = new CallbackReceiver(
    new SystemClock(),
    { isReady: true } as Database,
    { keep } as unknown as CallbackKeeper,
    { append } as unknown as CallbackSpool,
    new Readiness(),
  );
  const receive = () => receiver.receive('default', Buffer.from('SMSID=1'), { hasLeft: () => false });
  const recover = () => {
    isRefusing = false;
  };
  return { asked, receive, recover };
}

it('takes the database for away after some failures, and then asks the spool alone', async () => {
  const { asked, receive, recover } = receiverWith(() => new Error('Connection terminated'));
  for (let index = 0; index < SEVERAL; index += 1) expect(await receive()).toEqual({ spooled: true });
  expect(asked).toEqual({ database: 3, spool: SEVERAL });
  recover();
  expect(await receive()).toEqual({ spooled: true });
});

it('never takes it for away where others hold what a callback needs', async () => {
  const { asked, receive, recover } = receiverWith(() => new LockedByOthers('message 1 of account default'));
  for (let index = 0; index < SEVERAL; index += 1) expect(await receive()).toEqual({ spooled: true });
  expect(asked).toEqual({ database: SEVERAL, spool: SEVERAL });
  recover();
  expect(await receive()).toEqual({ smsId: 'kept' });
});
