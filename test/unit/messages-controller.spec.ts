import { expect, it } from 'vitest';
import { EsmsError } from '../../src/domain/errors.js';
import type { EsmsMessages } from '../../src/messages/esms-messages.js';
import type { PersonLookups } from '../../src/limits/person-lookups.js';
import { MessagesController } from '../../src/messages/messages.controller.js';

it('asks a database that is away once for a whole array of registrations', async () => {
  const asked: unknown[] = [];
  const register = (body: unknown): Promise<never> => {
    asked.push(body);
    return Promise.reject(new EsmsError('database_away', 'it does not answer'));
  };
  const controller = new MessagesController(
    { register } as unknown as EsmsMessages,
    { guesses: () => null } as unknown as PersonLookups,
  );
  const bodies = [{ ref: 'a' }, { ref: 'b' }, { ref: 'c' }];
  const answer = await controller.register({}, {}, bodies, { status: () => undefined });
  expect(answer).toMatchObject({ items: [{ status: 503 }, { status: 503 }, { status: 503 }] });
  expect(asked).toEqual([{ ref: 'a' }]);
});
