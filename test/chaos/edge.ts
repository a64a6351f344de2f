import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isListening } from './lasting-port.js';

/** What stands before the replicas and asks the next one where one does not answer. */
export interface Edge {
  readonly name: string;
  /** The id of its process; undefined where it is in ours. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** nginx, which can be told to leave a replica alone. */
export interface Nginx extends Edge {
  /** Sends what comes from now on to these replicas only. */
  route(replicas: readonly number[]): Promise<void>;
}

/** A new worker is there within a moment of the signal, and the old one finishes what it has. */
const RELOAD_MS = 1_000;

/** Whether nginx is installed. */
export const hasNginx = (): boolean => spawnSync('nginx', ['-v']).error === undefined;

/** nginx where it is installed, else a proxy of ours that does what we need of it. */
export async function startEdge(directory: string, port: number, replicas: readonly number[]): Promise<Edge> {
  return hasNginx() ? startNginx(directory, port, replicas) : startOwnEdge(port, replicas);
}

/** @param retries as the README tells operators to set it; false: what a replica does not answer is an error */
export async function startNginx(
  directory: string,
  port: number,
  replicas: readonly number[],
  retries = true,
): Promise<Nginx> {
  const configuration = join(directory, 'nginx.conf');
  writeFileSync(configuration, nginxConfiguration(directory, port, replicas, retries));
  const child: ChildProcess = spawn(
    'nginx',
    ['-p', directory, '-c', configuration, '-e', join(directory, 'nginx.log')],
    {
      stdio: 'inherit',
    },
  );
  await once(child, 'spawn');
  // Before that a signal to read its configuration again would end it.
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error('nginx ended while it started');
    await sleep(20);
  }
  return {
    name: 'nginx',
    pid: child.pid,
    route: async (routed) => {
      writeFileSync(configuration, nginxConfiguration(directory, port, routed, retries));
      child.kill('SIGHUP');
      await sleep(RELOAD_MS);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function nginxConfiguration(directory: string, port: number, replicas: readonly number[], retries: boolean): string {
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  return `
    daemon off; ${user} worker_processes 1; pid ${directory}/nginx.pid;
    events { worker_connections 4096; }
    http {
      access_log off; ${paths.join(' ')}
      upstream replicas {
        ${replicas.map((each) => `server 127.0.0.1:${each} max_fails=0;`).join('\n')}
        keepalive 64;
      }
      large_client_header_buffers 4 64k; keepalive_requests 1000000;
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://replicas; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_connect_timeout 1s; proxy_read_timeout 70s;
          proxy_next_upstream ${retries ? 'error timeout http_502 http_504' : 'off'}; proxy_next_upstream_tries 4;
        }
      }
    }`;
}

async function startOwnEdge(port: number, replicas: readonly number[]): Promise<Edge> {
  let turn = 0;
  const server: Server = createServer((request, response) => {
    turn += 1;
    void forward(request, response, [...replicas, ...replicas], turn % replicas.length);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    name: 'own retrying proxy (nginx is not installed)',
    pid: undefined,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  ports: number[],
  from: number,
): Promise<void> {
  for (const port of ports.slice(from, from + 4)) {
    const answer = await ask(`http://127.0.0.1:${port}${request.url ?? '/'}`);
    if (answer === null) continue;
    response.writeHead(answer.statusCode ?? 502);
    answer.pipe(response);
    return;
  }
  response.writeHead(502).end();
}

function ask(url: string): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    get(url, { agent: false }, resolve).on('error', () => resolve(null));
  });
}
