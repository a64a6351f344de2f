import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, getRepositoryToken, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { type DataSource, Entity, PrimaryColumn, type Repository } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { EsmsLedger, EsmsMessages, EsmsModule } from '../../src/index.js';
import { into } from '../support/host.js';
import { query } from '../support/query.js';
import { createBareDatabase, createTestDatabase, type TestDatabase } from '../support/test-database.js';

@Entity({ name: 'campaigns' })
class Campaign {
  @PrimaryColumn({ type: 'text' })
  id: string;
}

let ours: TestDatabase;
let theirs: TestDatabase;
let app: INestApplicationContext | null = null;

beforeEach(async () => {
  ours = await createTestDatabase();
  theirs = await createBareDatabase();
  await query(theirs.url, 'create table campaigns (id text primary key)');
});

afterEach(async () => {
  await app?.close();
  app = null;
  await ours.drop();
  await theirs.drop();
});

const esms = (): DynamicModule =>
  EsmsModule.forRoot({
    accounts: { default: { tokens: ['callback-token-of-names'] } },
    database: { url: ours.url, migrations: 'off' },
    spool: false,
  });

const optionsOf = (name: string): TypeOrmModuleOptions & { name: string } => ({
  name,
  type: 'postgres',
  url: theirs.url,
  entities: [Campaign],
});

const atOnce = (name: string): DynamicModule => TypeOrmModule.forRoot(optionsOf(name));
const late = (name: string): DynamicModule => TypeOrmModule.forRootAsync({ name, useFactory: () => optionsOf(name) });

const NAMES = ['esms', 'nestjs-esms', 'nestjs-esms:data-source', 'default'];

it.each(
  NAMES.flatMap((name) => [
    { name, order: 'before', how: 'forRoot', make: atOnce },
    { name, order: 'after', how: 'forRoot', make: atOnce },
    { name, order: 'before', how: 'forRootAsync', make: late },
    { name, order: 'after', how: 'forRootAsync', make: late },
  ]),
)(
  "keeps its work apart from a data source $name of the host's, imported $order ours, by $how",
  async ({ name, order, make }) => {
    const host = make(name);
    @Module({
      imports: [...(order === 'before' ? [host, esms()] : [esms(), host]), TypeOrmModule.forFeature([Campaign], name)],
    })
    class Root {}
    const log: string[] = [];
    app = await NestFactory.createApplicationContext(Root, { logger: into(log), abortOnError: false });
    const campaigns = app.get<Repository<Campaign>>(getRepositoryToken(Campaign, name), { strict: false });
    await campaigns.insert({ id: 'summer' });
    expect(await query(theirs.url, 'select id from campaigns')).toEqual([{ id: 'summer' }]);
    const source = app.get<DataSource>(getDataSourceToken(name), { strict: false });
    expect(source.options).toMatchObject({ url: theirs.url });

    await app.get(Database, { strict: false }).whenReady();
    await app.get(EsmsMessages).register({ ref: 'ours', smsId: 'ours' });
    expect(await query(ours.url, 'select sms_id from esms.registrations')).toEqual([{ sms_id: 'ours' }]);
    expect((await app.get(EsmsLedger).entries()).items).toEqual([]);
    expect(await query(theirs.url, `select to_regnamespace('esms') as schema`)).toEqual([{ schema: null }]);
  },
);
