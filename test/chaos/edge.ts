import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What stands before the replicas and asks the next one where one does not answer. */
export interface Edge {
  readonly name: string;
  /** The id of its process; undefined where it is in ours. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** nginx where it is installed, else a proxy of ours that does what we need of it. */
export async function startEdge(directory: string, port: number, replicas: readonly number[]): Promise<Edge> {
  return spawnSync('nginx', ['-v']).error === undefined
    ? startNginx(directory, port, replicas)
    : startOwnEdge(port, replicas);
}

/** With its files in that folder. */
export async function startNginx(directory: string, port: number, replicas: readonly number[]): Promise<Edge> {
  const configuration = join(directory, 'nginx.conf');
  writeFileSync(configuration, nginxConfiguration(directory, port, replicas));
  const child: ChildProcess = spawn(
    'nginx',
    ['-p', directory, '-c', configuration, '-e', join(directory, 'nginx.log')],
    {
      stdio: 'inherit',
    },
  );
  await once(child, 'spawn');
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error('nginx ended while it started');
    await sleep(25);
  }
  return {
    name: 'nginx',
    pid: child.pid,
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** As the README tells operators to set it. */
function nginxConfiguration(directory: string, port: number, replicas: readonly number[]): string {
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
          proxy_next_upstream error timeout http_502 http_504; proxy_next_upstream_tries 4;
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
