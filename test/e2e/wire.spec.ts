import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service, TOKENS } from '../support/service.js';
import { sendRaw } from '../support/wire.js';

let service: Service;
let count = 0;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

const names = (amount: number): string[] => Array.from({ length: amount }, () => `wire-${++count}`);
const target = (smsId: string, token: string = TOKENS.default): string =>
  `/callbacks/esms/${token}?${callbackQuery(smsId)}`;
const good = (smsId: string, headers = ''): string => `GET ${target(smsId)} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
/** What the gateway's raw error texts look like. */
const raw = (smsId: string): string => `GET ${target(smsId)}&error_info=Thành công HTTP/1.1\r\nHost: x\r\n\r\n`;
const strange = (): string => `GET ${target('of-a-stranger', 'token-of-a-stranger')} HTTP/1.1\r\nHost: x\r\n\r\n`;
const live = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';
const BODY = '{"ref":"wire"}';
const registering = [
  'POST /messages HTTP/1.1',
  'Host: x',
  `x-api-key: ${KEYS.all}`,
  'content-type: application/json',
  `content-length: ${BODY.length}`,
  '',
  BODY,
].join('\r\n');
const OK = '200 OK';
const LIVE = '200 {"status":"ok"}';
const LOCK_FOR_A_MOMENT = 'begin; lock table esms.receipts in share mode; select pg_sleep(0.4); commit';

const send = (...pieces: string[]) => sendRaw(service.port, pieces);

async function stored(smsIds: readonly string[]): Promise<boolean[]> {
  const rows = await service.rows('select sms_id from esms.messages where sms_id = any($1)', [smsIds]);
  return smsIds.map((smsId) => rows.some((row) => row['sms_id'] === smsId));
}

describe('several requests on one connection', () => {
  it('are answered in their order, and 200 is said of what is stored: the second one is no HTTP', async () => {
    const smsIds = names(2);
    const { answers, text } = await send(good(smsIds[0]!) + raw(smsIds[1]!));
    expect(answers).toEqual([OK, OK]);
    expect(text.match(/connection: close/gi)).toHaveLength(1);
    expect(await stored(smsIds)).toEqual([true, true]);
  });

  it('wait for the answers before them, where these take longer', async () => {
    const smsIds = names(3);
    const [wire] = await Promise.all([
      send(good(smsIds[0]!) + good(smsIds[1]!) + raw(smsIds[2]!)),
      service.rows(LOCK_FOR_A_MOMENT),
    ]);
    expect(wire.answers).toEqual([OK, OK, OK]);
    expect(await stored(smsIds)).toEqual([true, true, true]);
  });

  it.each<[string, (smsIds: string[]) => string[], string[]]>([
    ['three, the last one raw', ([a, b, c]) => [good(a!) + good(b!) + raw(c!)], [OK, OK, OK]],
    ['a raw one, in a later segment', ([a, b]) => [good(a!), raw(b!)], [OK, OK]],
    ['a raw one first', ([a, b, c]) => [raw(a!) + good(b!) + raw(c!)], [OK, OK, OK]],
    ['a raw one first, then half a request', ([a]) => [raw(a!) + good('never').slice(0, -2)], [OK]],
    ['a raw one first, then a stranger', ([a, b]) => [raw(a!) + strange() + good(b!)], [OK]],
    ['a stranger before', ([a]) => [strange() + raw(a!)], [expect.stringMatching(/^404 /) as string, OK]],
    ['another request before', ([a]) => [live + raw(a!)], [LIVE, OK]],
    ['the same line twice', ([a]) => [good(a!) + good(a!, 'Bad Header: 1\r\n')], [OK, OK]],
    ['a body before it', ([a]) => [registering + raw(a!)], [expect.stringMatching(/^201 /) as string, OK]],
    [
      'garbage behind',
      ([a]) => [`${good(a!)}\x16\x03\x01 nonsense\r\n\r\n`],
      [OK, expect.stringMatching(/^400 /) as string],
    ],
    [
      'a stranger behind that is no HTTP',
      ([a]) => [good(a!) + strange().replace('?', '? ')],
      [OK, expect.stringMatching(/^400 /) as string],
    ],
  ])('%s', async (_what, pieces, expected) => {
    const smsIds = names(3);
    const { answers } = await send(...pieces(smsIds));
    expect(answers).toEqual(expected);
    const own = answers.filter((answer) => answer === OK).length;
    const kept = await service.rows('select sum(repeats + 1)::int as kept from esms.receipts where sms_id = any($1)', [
      smsIds,
    ]);
    expect(kept).toEqual([{ kept: own }]);
    expect(await stored(['of-a-stranger', 'never'])).toEqual([false, false]);
  });

  it('get no answer of another one where the body of the one before is no HTTP', async () => {
    const [smsId = ''] = names(1);
    const { answers } = await send(good(smsId, 'transfer-encoding: chunked\r\n') + raw('in-a-body'));
    expect(answers).toEqual([OK]);
    expect(await stored([smsId, 'in-a-body'])).toEqual([true, false]);
  });

  it('are kept wherever the segments are cut, or get no answer', async () => {
    const first = good('cut-first');
    const second = raw('cut-second');
    const bytes = Buffer.from(first + second, 'utf8');
    const cuts = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    const wires = await inTurns(cuts, 16, async (cut) =>
      sendRaw(service.port, [bytes.subarray(0, cut), bytes.subarray(cut)]),
    );
    const said = wires.flatMap(({ answers }) => answers);
    expect(new Set(said)).toEqual(new Set([OK]));
    expect(Math.min(...wires.map(({ answers }) => answers.length))).toBeGreaterThanOrEqual(1);
    const kept = await service.rows(
      `select sms_id, repeats + 1 as kept from esms.receipts where sms_id like 'cut-%' order by sms_id`,
    );
    const seconds = said.length - cuts.length;
    expect(kept).toEqual([
      { sms_id: 'cut-first', kept: cuts.length },
      { sms_id: 'cut-second', kept: seconds },
    ]);
    // A cut before the line, or in front of its first byte that is no HTTP, hides nothing from us.
    expect(seconds).toBeGreaterThan(first.length);
  });
});

async function inTurns<Item, Result>(items: readonly Item[], width: number, work: (item: Item) => Promise<Result>) {
  const left = items.map((item, index) => ({ item, index }));
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results[next.index] = await work(next.item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

describe('a GET with a known token that Node refuses', () => {
  it.each<[string, (smsId: string) => string]>([
    ['without a Host', (smsId) => `GET ${target(smsId)} HTTP/1.1\r\n\r\n`],
    ['with line ends of LF', (smsId) => `GET ${target(smsId)} HTTP/1.1\nHost: x\n\n`],
    ['with LF after its headers', (smsId) => `GET ${target(smsId)} HTTP/1.1\r\nHost: x\n\n`],
    ['with line ends of CR', (smsId) => `GET ${target(smsId)} HTTP/1.1\rHost: x\r\r`],
    ['after a blank line', (smsId) => `\r\n${good(smsId)}`],
    ['after a blank line, with LF', (smsId) => `\n\nGET ${target(smsId)} HTTP/1.1\nHost: x\n\n`],
    ['after a blank', (smsId) => ` ${good(smsId)}`],
    ['after a byte order mark', (smsId) => `\uFEFF${good(smsId)}`],
    ['in small letters', (smsId) => `get ${target(smsId)} http/1.1\r\nhost: x\r\n\r\n`],
    ['with tabs', (smsId) => `GET\t${target(smsId)}\tHTTP/1.1\r\nHost: x\r\n\r\n`],
    ['with a blank behind its line', (smsId) => `GET ${target(smsId)} HTTP/1.1 \r\nHost: x\r\n\r\n`],
    ['of HTTP/0.9', (smsId) => `GET ${target(smsId)}\r\n\r\n`],
    ['of HTTP/1.0', (smsId) => `GET ${target(smsId)} HTTP/1.0\r\n\r\n`],
    ['of HTTP/1.2', (smsId) => `GET ${target(smsId)} HTTP/1.2\r\nHost: x\r\n\r\n`],
    ['of HTTP/3', (smsId) => `GET ${target(smsId)} HTTP/3\r\nHost: x\r\n\r\n`],
    ['of no version', (smsId) => `GET ${target(smsId)} HTTP\r\nHost: x\r\n\r\n`],
    ['with an expectation', (smsId) => good(smsId, 'Expect: the-best\r\n')],
    ['that would be another protocol', (smsId) => good(smsId, 'Connection: upgrade\r\nUpgrade: h2c\r\n')],
    [
      'with two lengths of its body',
      (smsId) => `${good(smsId, 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n')}abc`,
    ],
    ['with no length of its body', (smsId) => good(smsId, 'Content-Length: abc\r\n')],
    ['with an encoding of its body that nobody knows', (smsId) => good(smsId, 'Transfer-Encoding: foo\r\n')],
    ['with a blank in the name of a header', (smsId) => good(smsId, 'Bad Header: x\r\n')],
    ['with a folded header', (smsId) => good(smsId, 'A: b\r\n  c\r\n')],
    ['with a control character in a header', (smsId) => good(smsId, 'A: \u0001\r\n')],
    ['with a tab in its query', (smsId) => `GET ${target(smsId)}&error_info=a\tb HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['with a NUL in its query', (smsId) => `GET ${target(smsId)}&x=\0 HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['without the first slash', (smsId) => `GET ${target(smsId).slice(1)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['with a host that is none', (smsId) => `GET https://{{host}}${target(smsId)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['with a blank behind the token', (smsId) => `GET ${target(smsId).replace('?', ' ?')} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])('%s is stored and answered', async (_what, request) => {
    const [smsId = ''] = names(1);
    const { answers } = await sendRaw(service.port, [request(smsId)], 1);
    expect(answers).toEqual([OK]);
    expect(await service.message(smsId)).toMatchObject({ outcome: 'delivered', price: { amount: '850.0000' } });
  });

  it('is answered as any other where it names no message', async () => {
    const { answers } = await send(
      `GET /callbacks/esms/${TOKENS.default}?SendStatus=5&error_info=a b HTTP/1.1\r\n\r\n`,
    );
    expect(answers).toEqual(['200 QUARANTINED sms_id_absent']);
  });

  it.each<[string, (line: string) => string, RegExp]>([
    ['without a Host', (line) => `${line} HTTP/1.1\r\n\r\n`, /^404 /],
    ['with line ends of LF', (line) => `${line} HTTP/1.1\nHost: x\n\n`, /^400 /],
    ['of HTTP/3', (line) => `${line} HTTP/3\r\nHost: x\r\n\r\n`, /^400 /],
  ])('%s is refused a stranger', async (_what, request, expected) => {
    const { answers } = await sendRaw(
      service.port,
      [request(`GET ${target('of-a-stranger', 'token-of-a-stranger')}`)],
      1,
    );
    expect(answers).toEqual([expect.stringMatching(expected)]);
    expect(await stored(['of-a-stranger'])).toEqual([false]);
  });
});
