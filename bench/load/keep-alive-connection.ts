import { connect, type Socket } from 'node:net';
import { HOST } from '../contenders/callback-route.js';

/** The status of a request whose connection broke. */
export const NO_STATUS = 0;

const LARGEST_ANSWER = 4_096;

/** A connection that sends one request after the other over a plain socket, the next after the answer. */
export class KeepAliveConnection {
  #socket: Socket;
  #received = '';
  #waiting = false;
  #closed = false;
  #onAnswer: (status: number) => void = () => undefined;

  /** Ends when it is connected. */
  static async open(port: number): Promise<KeepAliveConnection> {
    const connection = new KeepAliveConnection();
    await connection.#connect(port);
    return connection;
  }

  /** Sends a request; `onAnswer` is called once, with its status. */
  send(request: string, onAnswer: (status: number) => void): void {
    this.#onAnswer = onAnswer;
    this.#waiting = true;
    if (this.#closed) this.#answered(NO_STATUS);
    else this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }

  #connect(port: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(LARGEST_ANSWER);
    return new Promise((resolve, reject) => {
      this.#socket = connect({
        port,
        host: HOST,
        noDelay: true,
        onread: { buffer, callback: (length) => this.#read(buffer, length) },
      });
      this.#socket.once('connect', resolve);
      this.#socket.on('error', reject);
      this.#socket.once('close', () => {
        this.#closed = true;
        this.#answered(NO_STATUS);
      });
    });
  }

  #read(buffer: Buffer, length: number): true {
    this.#received += buffer.toString('latin1', 0, length);
    if (!isWhole(this.#received)) return true;
    const status = Number(this.#received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    this.#received = '';
    this.#answered(status);
    return true;
  }

  #answered(status: number): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#onAnswer(status);
  }
}

const LENGTH = /\r\ncontent-length: *(\d+)/i;
const LAST_CHUNK = '0\r\n\r\n';

/** Whether an answer is there to its end. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = LENGTH.exec(text)?.[1];
  return length === undefined ? text.endsWith(LAST_CHUNK) : text.length >= end + 4 + Number(length);
}
