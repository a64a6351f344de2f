import { connect } from 'node:net';

/** What came back on one connection. */
export interface Wire {
  /** All of it. */
  text: string;
  /** Status and body of each answer, in their order. */
  answers: string[];
}

const PAUSE_MS = 40;

/**
 * Sends bytes that no HTTP client would, one segment a piece, and gives what comes back until the server ends the
 * connection, or has given `expected` answers.
 */
export function sendRaw(port: number, pieces: readonly (string | Buffer)[], expected = Infinity): Promise<Wire> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve({ text, answers: answersIn(text) });
    };
    socket.setEncoding('latin1').on('data', (data: string) => {
      text += data;
      if (answersIn(text).length >= expected) done();
    });
    socket.on('close', done).on('error', done);
    for (const [index, piece] of pieces.entries()) setTimeout(() => socket.write(piece), index * PAUSE_MS);
  });
}

function answersIn(text: string): string[] {
  const answers: string[] = [];
  let rest = text;
  for (;;) {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n([^]*?)\r\n\r\n/.exec(rest);
    if (head === null) return answers;
    const length = Number(/^content-length: (\d+)$/im.exec(head[2] ?? '')?.[1] ?? 0);
    const body = rest.slice(head[0].length, head[0].length + length);
    if (body.length < length) return answers;
    answers.push(`${head[1]} ${body}`);
    rest = rest.slice(head[0].length + length);
  }
}
