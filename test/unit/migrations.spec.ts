import type { QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/database/migrations.js';

/** Of statements on tables that were there before, all that the version before does not notice. */
const ONLY_ADDS =
  /^(create table|create index|create (or replace )?view|comment on|grant|alter table \S+ (add column|set \())/i;

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
      const statements = await statementsOf(migration);
      expect(statements).not.toEqual([]);
      expect(trippedOver(statements)).toEqual([]);
    },
  );

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
