import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCompanyTables1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table orders (id uuid primary key, phone text not null, text text not null)`);
    await runner.query(
      `create table invoice_lines (
        event_id uuid primary key,
        order_id uuid not null references orders (id),
        amount numeric(18,4) not null
      )`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table invoice_lines');
    await runner.query('drop table orders');
  }
}
