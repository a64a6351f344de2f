import type { QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { BEGIN_MIGRATION } from '../../src/database/begin-migration.js';
import { MIGRATIONS } from '../../src/database/migrations.js';

/** Of statements on tables that were there before, all that the version before does not notice. */
const ONLY_ADDS =
  /^(create table|create index|drop index concurrently if exists|create (or replace )?view|comment on|grant|alter table \S+ (add column|set \())/i;

/** What no added column may be: the version before writes rows without it. */
const NEEDED = /not null(?!.*\bdefault\b)/i;

/** What each part of a change of a table may be. */
const PART = /^(add column (?!.*\b(primary key|unique|references|check)\b)|set \()/i;

/** What the version before would trip over in a migration: it must run on the schema of this one. */
function trippedOver(statements: readonly string[]): string[] {
  const texts = statements.map((statement) => statement.replaceAll(/\s+/g, ' ').trim());
  const created = texts.flatMap((text) => /^create table (\S+)/i.exec(text)?.[1] ?? []);
  const isOnCreated = (text: string): boolean => created.some((table) => text.includes(` ${table} `));
  return texts.filter((text) => !isOnCreated(text) && !isHarmless(text));
}

function isHarmless(statement: string): boolean {
  if (!ONLY_ADDS.test(statement)) return false;
  const [, parts] = /^alter table \S+ (.*)$/i.exec(statement) ?? [];
  if (parts === undefined) return true;
  // Commas inside parentheses separate no parts.
  return parts.split(/, (?![^(]*\))/).every((part) => PART.test(part) && !NEEDED.test(part));
}

/** What rewrites or reads a whole table under its lock, or stops its writers for as long. */
const LONG = [
  /^create (unique )?index (?!concurrently )/i,
  /^alter table .*\badd column .*\b(default (gen_random_uuid|random|clock_timestamp)|generated always as)/i,
  /^alter table .*\badd constraint (?!.* not valid$)/i,
  /^alter table .*\b(type|set not null|set (un)?logged)\b/i,
  /^(cluster|vacuum full|lock table|reindex (?!.*concurrently))/i,
];

/** What would keep callbacks waiting in a migration on tables that were there before. */
function waitedFor(statements: readonly string[], isInTransaction: boolean): string[] {
  const [first, ...others] = statements.map((statement) => statement.replaceAll(/\s+/g, ' ').trim());
  const texts = isInTransaction ? others : [first ?? '', ...others];
  const begun = isInTransaction && first !== BEGIN_MIGRATION ? [`begins with ${first}`] : [];
  const created = texts.flatMap((text) => /^create table (\S+)/i.exec(text)?.[1] ?? []);
  const isOnCreated = (text: string): boolean => created.some((table) => text.includes(` ${table} `));
  const isConcurrent = (text: string): boolean => / index concurrently /i.test(text);
  return [
    ...begun,
    ...texts.filter((text) => !isOnCreated(text) && LONG.some((long) => long.test(text))),
    // PostgreSQL builds concurrently outside a transaction only, and nothing else should be there.
    ...texts.filter((text) => isConcurrent(text) === isInTransaction),
    // A build that was broken off leaves an invalid index of that name.
    ...texts.filter((text, index) => {
      const [, name] = /^create (?:unique )?index concurrently (\S+)/i.exec(text) ?? [];
      return (
        name !== undefined &&
        !texts.slice(0, index).some((drop) => drop.startsWith('drop index') && drop.endsWith(name))
      );
    }),
  ];
}

const isInTransaction = (migration: (typeof MIGRATIONS)[number]): boolean =>
  (new migration() as { transaction?: boolean }).transaction !== false;

async function statementsOf(migration: (typeof MIGRATIONS)[number]): Promise<string[]> {
  const statements: string[] = [];
  const runner = {
    connection: { options: { schema: 'esms' } },
    query: (sql: string) => Promise.resolve(void statements.push(sql)),
  };
  await new migration().up(runner as unknown as QueryRunner);
  return statements;
}

describe('a migration', () => {
  it.each(MIGRATIONS.slice(1).map((migration) => [migration.name, migration] as const))(
    '%s only adds, so that the version before it runs on its schema',
    async (_name, migration) => {
      const statements = (await statementsOf(migration)).filter((statement) => statement !== BEGIN_MIGRATION);
      expect(statements).not.toEqual([]);
      expect(trippedOver(statements)).toEqual([]);
    },
  );

  it.each(MIGRATIONS.map((migration) => [migration.name, migration] as const))(
    '%s keeps no callback waiting',
    async (_name, migration) => {
      expect(waitedFor(await statementsOf(migration), isInTransaction(migration))).toEqual([]);
    },
  );

  it.each([
    ['create index a on "esms"."messages" (b)'],
    ['create unique index a on "esms"."messages" (b)'],
    ['alter table "esms"."messages" add column a uuid default gen_random_uuid()'],
    ['alter table "esms"."messages" add column a text generated always as (b) stored'],
    ['alter table "esms"."messages" add constraint a check (b > 0)'],
    ['alter table "esms"."messages" alter column a type bigint'],
    ['alter table "esms"."messages" alter column a set not null'],
    ['drop index concurrently if exists a'],
    ['lock table "esms"."messages"'],
  ])('that would keep callbacks waiting by %s is found', (statement) => {
    expect(waitedFor([BEGIN_MIGRATION, statement], true)).toHaveLength(1);
  });

  it('that says nothing of how long it may wait for a lock is found', () => {
    expect(waitedFor(['alter table "esms"."messages" add column a text'], true)).toHaveLength(1);
    expect(waitedFor([BEGIN_MIGRATION, 'alter table "esms"."messages" add column a text'], true)).toEqual([]);
  });

  it('may build an index beside callbacks, by itself, once what is left of an earlier build is gone', () => {
    const build = 'create index concurrently a on "esms"."messages" (b)';
    expect(waitedFor(['drop index concurrently if exists "esms".a', build], false)).toEqual([]);
    expect(waitedFor([build], false)).toHaveLength(1);
    expect(waitedFor(['drop index concurrently if exists a', build, 'select 1'], false)).toEqual(['select 1']);
  });

  it.each([
    ['alter table "esms"."messages" add column a text, drop column b'],
    ['alter table "esms"."messages" add column a text not null'],
    ['alter table "esms"."messages" add column a text unique'],
    ['alter table "esms"."messages" alter column a set not null'],
    ['alter table "esms"."messages" alter column a type bigint'],
    ['alter table "esms"."messages" rename column a to b'],
    ['alter table "esms"."messages" add constraint a check (b > 0)'],
    ['create unique index a on "esms"."messages" (b)'],
    ['drop table "esms"."messages"'],
    ['drop index "esms"."a"'],
    ['update "esms"."messages" set a = 1'],
  ])('that would %s is found', (statement) => {
    expect(trippedOver([statement])).toHaveLength(1);
  });

  it('may do as it likes with a table of its own', () => {
    expect(trippedOver(['create table "a"."b" (c text)', 'create unique index d on "a"."b" (c)'])).toEqual([]);
  });
});
