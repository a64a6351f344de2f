import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service, TOKENS } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

/** Sends bytes that no HTTP client would, and gives all that comes back. */
function send(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(service.port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'utf8')));
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

  it('of a stranger is refused and leaves nothing', async () => {
    const answer = await send(
      'GET /callbacks/esms/nobody-nobody-nobody?SMSID=raw stranger HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect((await service.api('/quarantine')).body).toEqual({ items: [], nextCursor: null });
  });
});
