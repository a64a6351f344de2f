import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { beginMigration } from '../../src/database/begin-migration.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { MIGRATIONS } from '../../src/database/migrations.js';
import { runMigrations } from '../../src/database/run-migrations.js';
import { callbackQuery } from '../support/callback-query.js';
import { eventually } from '../support/eventually.js';
import { Service } from '../support/service.js';

/** As a later version may have them: a column, and an index on a table that is there. */
class AddNote1999000000000 implements MigrationInterface {
  readonly name = 'AddNote1999000000000';

  async up(runner: QueryRunner): Promise<void> {
    await beginMigration(runner);
    await runner.query('alter table esms.messages add column note text');
  }

  async down(): Promise<void> {
    // Nobody goes back in this test.
  }
}

class IndexNotes1999100000000 implements MigrationInterface {
  readonly name = 'IndexNotes1999100000000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop index concurrently if exists esms.messages_note');
    await runner.query('create index concurrently messages_note on esms.messages (account, note)');
  }

  async down(): Promise<void> {
    // Nobody goes back in this test.
  }
}

let service: Service;
let later: DataSource;
let reader: pg.Client;

beforeEach(async () => {
  service = await Service.start();
  const database = {
    connection: { connectionString: service.databaseUrl },
    schema: 'esms',
    migrations: 'run',
    ingestConnections: 1,
    workConnections: 3,
  } as const;
  const migrations = [...MIGRATIONS, AddNote1999000000000, IndexNotes1999100000000];
  later = await new DataSource({ ...dataSourceOptions(database, []), migrations }).initialize();
  reader = new pg.Client({ connectionString: service.databaseUrl });
  await reader.connect();
});

afterEach(async () => {
  await reader.end();
  await later.destroy();
  await service.stop();
});

const isStored = (smsId: string) => async (): Promise<void> =>
  expect(await service.rows('select from esms.messages where sms_id = $1', [smsId])).toHaveLength(1);

it('a migration beside an open report lets callbacks through, and is done once the report is', async () => {
  await service.callbacks(callbackQuery('before'));
  await reader.query('begin');
  await reader.query('select count(*) from esms.v1_messages');
  let isOver = false;
  const migrating = runMigrations(later, 'esms').finally(() => (isOver = true));
  for (let index = 0; index < 60; index += 1) await service.callbacks(callbackQuery(`beside-${index}`));
  await eventually(isStored('beside-59'));
  expect(isOver).toBe(false);
  await reader.query('commit');
  await migrating;
  const index = `select indisvalid as valid from pg_index where indexrelid = 'esms.messages_note'::regclass`;
  expect(await service.rows(index)).toEqual([{ valid: true }]);
  await service.callbacks(callbackQuery('after'));
  await eventually(isStored('after'));
});

it('two processes migrate one after the other, an index that is built concurrently included', async () => {
  await Promise.all([runMigrations(later, 'esms'), runMigrations(later, 'esms')]);
  const names = await service.rows('select name from esms.nestjs_esms_migrations order by id');
  expect(names).toHaveLength(MIGRATIONS.length + 2);
});

it('the time limits of a database do not end a migration that takes longer', async () => {
  class TakesLonger1999200000000 implements MigrationInterface {
    readonly name = 'TakesLonger1999200000000';

    async up(runner: QueryRunner): Promise<void> {
      await beginMigration(runner);
      await runner.query('select pg_sleep(1)');
      // Nothing is asked of the database meanwhile.
      await setTimeout(1_000);
      await runner.query('create table esms.taken (id text)');
    }

    async down(): Promise<void> {
      // Nobody goes back in this test.
    }
  }
  const [{ name, has }] = (await service.rows(
    `select current_database() as name, exists (select from pg_settings where name = 'transaction_timeout') as has`,
  )) as [{ name: string; has: boolean }];
  const limits = ['statement_timeout', 'idle_in_transaction_session_timeout', ...(has ? ['transaction_timeout'] : [])];
  for (const limit of limits) await service.rows(`alter database ${name} set ${limit} = '700ms'`);
  const limited = await new DataSource({ ...later.options, migrations: [TakesLonger1999200000000] }).initialize();
  await runMigrations(limited, 'esms');
  await limited.destroy();
  expect(await service.rows(`select to_regclass('esms.taken') is not null as taken`)).toEqual([{ taken: true }]);
});

it('an index whose build was broken off is built anew', async () => {
  await service.rows('alter table esms.messages add column note text');
  await service.rows('create index messages_note on esms.messages (note)');
  await service.rows(`update pg_index set indisvalid = false where indexrelid = 'esms.messages_note'::regclass`);
  await service.rows(
    `insert into esms.nestjs_esms_migrations (timestamp, name) values (1999000000000, 'AddNote1999000000000')`,
  );
  await runMigrations(later, 'esms');
  const index = `select indisvalid as valid, indnkeyatts as keys from pg_index where indexrelid = 'esms.messages_note'::regclass`;
  expect(await service.rows(index)).toEqual([{ valid: true, keys: 2 }]);
});
