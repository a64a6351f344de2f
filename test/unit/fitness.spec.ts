import { describe, expect, it } from 'vitest';
import { EsmsError } from '../../src/domain/errors.js';
import { demandFit, UnfitDatabase } from '../../src/database/fitness.js';
import { isAway } from '../../src/database/is-away.js';
import { isLasting } from '../../src/database/is-lasting.js';

const FIT = {
  version: 140_000,
  versionText: '14.0',
  encoding: 'UTF8',
  clientEncoding: 'UTF8',
  isStandby: false,
  readOnly: 'off',
};

describe('a database', () => {
  it('of PostgreSQL 14 or newer is fit', () => {
    for (const version of [140_000, 140_013, 180_000, 190_000]) demandFit({ ...FIT, version });
  });

  it.each([
    [{ version: 130_014, versionText: '13.14' }, /PostgreSQL is 13.14, and must be 14 or newer/],
    [{ version: 90_624, versionText: '9.6.24' }, /9.6.24/],
    [{ encoding: 'LATIN1' }, /encoding is LATIN1, and must be UTF8/],
    [{ clientEncoding: 'SQL_ASCII' }, /connections speak SQL_ASCII/],
    [{ isStandby: true, readOnly: 'on' }, /unfit: it is a standby, which stores nothing$/],
    [{ readOnly: 'on' }, /it is read-only/],
    [{ version: 130_000, versionText: '13.0', encoding: 'WIN1258' }, /13.0.*; its encoding is WIN1258/],
  ])('with %j is unfit, in words', (properties, words) => {
    expect(() => demandFit({ ...FIT, ...properties })).toThrow(words);
  });

  it('that is unfit is one that is away, and stays so until somebody sees to it', () => {
    const error = new UnfitDatabase(['it is read-only']);
    expect([isAway(error), isLasting(error)]).toEqual([true, true]);
  });
});

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

it.each([
  coded('28P01'),
  coded('28000', 'no pg_hba.conf entry for host "10.0.0.1"'),
  coded('3D000'),
  coded('42501'),
  coded('42P07'),
  coded('08P01', 'unsupported startup parameter: options'),
  coded('ENOTFOUND'),
  coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
  coded('ERR_TLS_CERT_ALTNAME_INVALID'),
  coded('XX000', 'Tenant or user not found'),
  new Error('The server does not support SSL connections'),
  new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
  new EsmsError('options_invalid', 'pending'),
])('%o lasts', (error) => {
  expect(isLasting(error)).toBe(true);
});

it.each([
  coded('ECONNREFUSED'),
  coded('ECONNRESET'),
  coded('ETIMEDOUT'),
  coded('EHOSTUNREACH'),
  coded('ENETUNREACH'),
  coded('EAI_AGAIN'),
  coded('ENOENT', 'connect ENOENT /run/postgresql/.s.PGSQL.5432'),
  coded('57P03', 'the database system is starting up'),
  coded('53300', 'sorry, too many clients already'),
  coded('55P03'),
  coded('40P01'),
  new Error('timeout expired'),
  new Error('Connection terminated unexpectedly'),
  new Error('Connection terminated due to connection timeout'),
])('%o passes', (error) => {
  expect(isLasting(error)).toBe(false);
});
