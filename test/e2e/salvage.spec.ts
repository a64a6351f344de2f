import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service, TOKENS } from '../support/service.js';

/** So that the headers come while the callback is being stored. */
const LOCK_FOR_A_MOMENT = 'begin; lock table esms.receipts in share mode; select pg_sleep(0.5); commit';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

/** Sends bytes that no HTTP client would, piece by piece, and gives all that comes back. */
function send(...pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: service.port, host: '127.0.0.1', noDelay: true });
    for (const [index, piece] of pieces.entries()) setTimeout(() => socket.write(piece, 'utf8'), index * 50);
    let answer = '';
    socket.setEncoding('utf8').on('data', (data) => {
      answer += data;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

describe('a callback that is no valid HTTP', () => {
  it.each([
    ['raw-utf8', 'error_info={"error":-114,"message":"Người dùng không hoạt động"}', 'Người dùng không hoạt động'],
    ['raw-space', 'error_info={"error":-114,"message":"User is inactive"}', 'User is inactive'],
  ])('is kept and answered: %s', async (smsId, errorInfo, message) => {
    const query = `SMSID=${smsId}&SendStatus=5&SendFailed=1&SendSuccess=0&TotalReceiver=1&TypeId=25&${errorInfo}`;
    const answer = await send(`GET /callbacks/esms/${TOKENS.default}?${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nOK$/);
    const body = await service.message(smsId);
    expect(body).toMatchObject({ outcome: 'undelivered', error: { code: '-114', message } });
  });

  it('is kept where its line comes in pieces', async () => {
    const line = `GET /callbacks/esms/${TOKENS.default}?SMSID=in-pieces&SendStatus=5&SendFailed=0&SendSuccess=1`;
    const answer = await send(`${line}&error_info=Thành `, 'công, ', 'xong HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(await service.message('in-pieces')).toMatchObject({ outcome: 'delivered' });
  });

  it('is answered once, also where its headers come later', async () => {
    const line = `GET /callbacks/esms/${TOKENS.default}?SMSID=late-head&SendStatus=5&error_info=a b HTTP/1.1\r\n`;
    const answers = await Promise.all([send(line, 'Host: x\r\n', '\r\n'), service.rows(LOCK_FOR_A_MOMENT)]);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(await service.message('late-head')).toMatchObject({ smsId: 'late-head' });
  });

  it('gets no answer where the parser kept its beginning, and 200 where both pieces came as one', async () => {
    const line = `GET /callbacks/esms/${TOKENS.default}?SMSID=cut-in-two&SendStatus=5`;
    const answer = await send(line, ' raw HTTP/1.1\r\nHost: x\r\n\r\n');
    const { status } = await service.api('/messages/cut-in-two');
    expect([answer.slice(0, 15), status]).toEqual(answer === '' ? ['', 404] : ['HTTP/1.1 200 OK', 200]);
  });

  it('of a stranger is refused and leaves nothing', async () => {
    const answer = await send(
      'GET /callbacks/esms/nobody-nobody-nobody?SMSID=raw stranger HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect((await service.api('/quarantine')).body).toEqual({ items: [], nextCursor: null });
  });
});
