import { Controller, Get, HttpCode, Inject, Module, NotFoundException, Param, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import type { RunningContender } from '../contender-process.js';
import { HOST, ROUTE, TOKEN } from './callback-route.js';
import { listeningPort } from './listening-port.js';

const CONNECTIONS = 20;

const FIELDS = {
  SMSID: 'sms_id text primary key',
  SendStatus: 'send_status integer',
  SendSuccess: 'succeeded integer',
  SendFailed: 'failed integer',
  TotalReceiver: 'receivers integer',
  TotalSent: 'sent integer',
  TotalPrice: 'price numeric(18,4)',
  TypeId: 'type_id text',
  RequestId: 'request_id text',
  telcoid: 'telco_id text',
  phonenumber: 'phone_number text',
  error_info: 'error_info text',
  oaid: 'oa_id text',
  tempid: 'template_id text',
  partnerids: 'partner_id text',
};

const NAMES = Object.keys(FIELDS);
const COLUMNS = Object.values(FIELDS).map((definition) => definition.split(' ')[0] as string);

const TABLES = `
  create table messages (${Object.values(FIELDS).join(', ')}, updated_at timestamptz not null);
  create index on messages (phone_number);
  create table receipts (
    id bigint generated always as identity primary key, sms_id text not null, raw jsonb not null,
    received_at timestamptz not null default now());
  create index on receipts (sms_id)`;

const STORE = `
  with receipt as (insert into receipts (sms_id, raw) values ($1, $${NAMES.length + 1}::jsonb))
  insert into messages (${COLUMNS.join(', ')}, updated_at)
  values (${COLUMNS.map((_, index) => `$${index + 1}`).join(', ')}, now())
  on conflict (sms_id) do update set
    ${COLUMNS.slice(1)
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}, updated_at = excluded.updated_at`;

@Controller()
class StatementController {
  constructor(@Inject(pg.Pool) private readonly pool: pg.Pool) {}

  @Get(ROUTE)
  @HttpCode(200)
  async callback(@Param('token') token: string, @Query() query: Record<string, string>): Promise<string> {
    if (token !== TOKEN) throw new NotFoundException();
    const values = [...NAMES.map((name) => query[name] ?? null), JSON.stringify(query)];
    await this.pool.query({ name: 'store', text: STORE, values });
    return 'OK';
  }
}

/** What a team writes that has left the ORM behind. */
export async function startStatement(databaseUrl: string): Promise<RunningContender> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });
  await pool.query(TABLES);

  @Module({ controllers: [StatementController], providers: [{ provide: pg.Pool, useValue: pool }] })
  class StatementModule {}

  const app = await NestFactory.create<NestFastifyApplication>(StatementModule, new FastifyAdapter(), {
    logger: ['warn', 'error', 'fatal'],
  });
  await app.listen(0, HOST);
  const close = async (): Promise<void> => {
    await app.close();
    await pool.end();
  };
  return { port: listeningPort(app.getHttpServer()), close };
}
