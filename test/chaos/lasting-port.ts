import { connect } from 'node:net';

/** Below what systems give to connections by themselves (Linux: 32768 to 60999). */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A port of 127.0.0.1 for a server that is started again and again: no connection takes it while the server is down. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!(await isListening(port))) return port;
  }
}

/** Whether somebody listens there. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
