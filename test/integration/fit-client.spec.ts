import pg from 'pg';
import { expect, inject, it } from 'vitest';
import { FitClient } from '../../src/database/fit-client.js';
import { UnfitDatabase } from '../../src/database/fitness.js';
import { createDatabase } from '../../src/testing/create-database.js';

it('a pool loses no connection for which nobody waits any more when it is found fit', async () => {
  let gate = Promise.resolve();
  class Held extends FitClient {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const query = this.query.bind(this) as (...given: unknown[]) => unknown;
      Object.defineProperty(this, 'query', { value: (...given: unknown[]) => gate.then(() => query(...given)) });
    }
  }
  const options = { connectionString: inject('adminUrl'), max: 1, connectionTimeoutMillis: 500, Client: Held };
  const pool = new pg.Pool(options);
  const first = await pool.connect();
  let letThrough = (): void => undefined;
  gate = new Promise((resolve) => {
    letThrough = resolve;
  });
  const waiting = pool.connect();
  first.release(new Error('lost'));
  await expect(waiting).rejects.toThrow('timeout exceeded when trying to connect');
  letThrough();
  const next = await pool.connect();
  expect((await next.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  next.release();
  await pool.end();
});

it('is made to no database that is unfit, and ends', async () => {
  const database = await createDatabase(inject('adminUrl'), `template0 encoding 'LATIN1' locale 'C'`);
  await expect(new FitClient(database.url).connect()).rejects.toBeInstanceOf(UnfitDatabase);
  const told = new Promise((resolve) => {
    new FitClient(database.url).connect(resolve);
  });
  expect(await told).toBeInstanceOf(UnfitDatabase);
  await database.drop();
});
