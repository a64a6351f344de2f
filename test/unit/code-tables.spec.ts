import { describe, expect, it } from 'vitest';
import type { CodeTable } from '../../src/channels/code-table.js';
import { ESMS_CODES } from '../../src/channels/esms-codes.js';
import { failureOf } from '../../src/channels/failure-of.js';
import { ZALO_CODES } from '../../src/channels/zalo/zalo-codes.js';
import { FAILURE_CLASSES, NO_REPORT, REASONS } from '../../src/domain/failure.js';

describe('the code tables', () => {
  it('give Zalo codes the classes of the facts', () => {
    expect(byClass(ZALO_CODES)).toEqual({
      transient: '-100',
      recipient: '-108 -110 -114 -118 -119 -134 -139 -140 -141 -213 -217 -227 -230 -232 -244',
      template:
        '-109 -1091 -111 -112 -1121 -1122 -1123 -1124 -113 -1131 -116 -121 -122 -123 -131 -132 ' +
        '-146 -147 -1471 -151 -152 -153 -248',
      balance: '-115 -137 -144 -1441 -211 -218 -321',
      time_window: '-133 -234',
      credentials:
        '-101 -102 -103 -104 -105 -106 -107 -117 -120 -1201 -1202 -124 -1241 -125 -126 -127 -128 -129 -130 -135 -1351 ' +
        '-136 -138 -1381 -142 -143 -145 -148 -149 -1491 -150 -158 -159 -160 -161 -162 ' +
        '-201 -204 -205 -216 -220 -221 -224 -233 -240 -320',
    });
  });

  it('know every code of eSMS but its success', () => {
    expect(byClass(ESMS_CODES)).toEqual({
      recipient: '99 108 115 852 1001',
      template: '146 201 790',
      balance: '103',
      transient: '105 160 854',
      credentials:
        '101 102 104 106 107 110 117 118 120 124 140 143 161 162 163 171 177 199 204 210 300 301 687 788 789 791 ' +
        '799 801 802 851 853',
    });
  });

  it('blame the recipient by these reasons only', () => {
    const blaming = [...ZALO_CODES, ...ESMS_CODES].filter(([, { failureClass }]) => failureClass === 'recipient');
    expect(Object.fromEntries(blaming.map(([code, { reason }]) => [code, reason]))).toEqual({
      '-108': 'recipient_invalid',
      '-110': 'recipient_unsupported',
      '-114': 'recipient_inactive',
      '-118': 'recipient_unknown',
      '-119': 'recipient_unsupported',
      '-134': 'recipient_refused',
      '-139': 'recipient_refused',
      '-140': 'sender_not_permitted',
      '-141': 'recipient_refused',
      '-213': 'recipient_not_following',
      '-217': 'recipient_refused',
      '-227': 'recipient_inactive',
      '-230': 'recipient_not_interacting',
      '-232': 'recipient_not_interacting',
      '-244': 'recipient_refused',
      '99': 'recipient_blocked',
      '108': 'recipient_invalid',
      '115': 'recipient_invalid',
      '852': 'recipient_invalid',
      '1001': 'recipient_inactive',
    });
  });

  it('use every reason and class there is', () => {
    const meanings = [...ZALO_CODES.values(), ...ESMS_CODES.values()];
    const reasons = new Set([...meanings.map(({ reason }) => reason), NO_REPORT.reason, 'unspecified']);
    expect([...reasons].toSorted()).toEqual(REASONS.toSorted());
    const classes = new Set([...meanings.map(({ failureClass }) => failureClass), 'unspecified']);
    expect([...classes].toSorted()).toEqual(FAILURE_CLASSES.toSorted());
  });

  it('explain every code', () => {
    const meanings = [...ZALO_CODES, ...ESMS_CODES].map(([code, { meaning }]) => ({ code, meaning }));
    expect(meanings.filter(({ meaning }) => meaning.length < 3)).toEqual([]);
  });
});

describe('failureOf', () => {
  it('sees no failure in nothing, in success and in acceptance', () => {
    const none = [
      failureOf(null, null),
      failureOf('0', 'Success'),
      failureOf('0', null),
      failureOf('100', 'accepted'),
      failureOf(null, 'Success'),
      failureOf(null, 'success. '),
      failureOf(null, 'Sucess'),
    ];
    expect(none).toEqual(none.map(() => null));
  });

  it('reads negative codes with the table of Zalo, others with that of eSMS', () => {
    expect(failureOf('-108', 'Phone number is invalid')).toEqual({
      code: '-108',
      message: 'Phone number is invalid',
      reason: 'recipient_invalid',
      failureClass: 'recipient',
    });
    expect(failureOf('1001', null)).toEqual({
      code: '1001',
      message: null,
      reason: 'recipient_inactive',
      failureClass: 'recipient',
    });
    expect(failureOf('103', null)?.reason).toBe('balance_insufficient');
    expect(failureOf('-103', null)?.reason).toBe('credentials_invalid');
  });

  it('keeps what it does not know, and says nothing about it', () => {
    const unspecified = { reason: 'unspecified', failureClass: 'unspecified' };
    expect(failureOf('-9999', 'new')).toEqual({ code: '-9999', message: 'new', ...unspecified });
    expect(failureOf('114', null)).toEqual({ code: '114', message: null, ...unspecified });
    expect(failureOf(null, 'Object reference not set')).toEqual({
      code: null,
      message: 'Object reference not set',
      ...unspecified,
    });
    expect(failureOf(null, 'Success? No.')?.failureClass).toBe('unspecified');
    expect(failureOf('constructor', null)).toEqual({ code: 'constructor', message: null, ...unspecified });
  });
});

function byClass(table: CodeTable): Record<string, string> {
  const classes: Record<string, string> = {};
  for (const [code, { failureClass }] of table) {
    classes[failureClass] = `${classes[failureClass] ?? ''} ${code}`.trim();
  }
  return classes;
}
