import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/events/webhooks/is-public-address.js';
import { lookupBy, type Resolve } from '../../src/events/webhooks/public-lookup.js';
import { WebhookClient } from '../../src/events/webhooks/webhook-client.js';
import { webhookUrlProblem } from '../../src/events/webhooks/webhook-url.js';

/** A public address at which nobody answers: a sink for questions about private networks (AS 112). */
const PUBLIC = '192.175.48.1';

let connections = 0;
let port = 0;
const servers: Server[] = [];

/** Listens at every address of this machine, IPv4 and IPv6: whatever gets through to it is counted. */
beforeAll(async () => {
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen({ host: '::', port: 0 }, resolve));
  port = (server.address() as AddressInfo).port;
  servers.push(server);
});

afterAll(() => {
  for (const server of servers) server.close();
});

/** Names and what they resolve to; a name with several lists gives one after the other. */
const NAMES: Readonly<Record<string, string[][]>> = {
  'loopback.example.vn': [['127.0.0.1']],
  'loopback-6.example.vn': [['::1']],
  'private.example.vn': [['10.0.0.1']],
  'metadata.example.vn': [['169.254.169.254']],
  'metadata-6.example.vn': [['fd00:ec2::254']],
  'mapped.example.vn': [['::ffff:127.0.0.1']],
  'translated.example.vn': [['64:ff9b::7f00:1']],
  'unspecified.example.vn': [['0.0.0.0']],
  'mixed.example.vn': [[PUBLIC, '127.0.0.1']],
  'mixed-6.example.vn': [[PUBLIC, '::1']],
  'rebinding.example.vn': [[PUBLIC], ['127.0.0.1']],
  'nothing.example.vn': [[]],
  'azure.example.vn': [['168.63.129.16']],
  'alibaba.example.vn': [['100.100.100.200']],
  'mapped-metadata.example.vn': [['::ffff:a9fe:a9fe']],
  'translated-metadata.example.vn': [['64:ff9b::a9fe:a9fe']],
};

function resolver(): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (name) => {
    const lists = NAMES[name];
    if (lists === undefined) throw Object.assign(new Error(`queryA ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    const list = lists[Math.min(asked.filter((each) => each === name).length, lists.length - 1)] ?? [];
    asked.push(name);
    return list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked };
}

/** Where clouds keep a machine's secrets, written in every way there is. */
function metadataUrls(scheme: 'http' | 'https'): string[] {
  const hosts = [
    '169.254.169.254',
    '169.254.169.254.',
    '169.254.43518',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '0xa9.254.0251.0xfe',
    '%31%36%39.254.169.254',
    '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
    '169.254.170.2',
    '169.254.0.23',
    '168.63.129.16',
    '0xa83f8110',
    '100.100.100.200',
    '192.0.0.192',
    '[fd00:ec2::254]',
    '[fd00:0ec2:0:0:0:0:0:254]',
    '[fd00:ec2::23]',
    '[fd20:ce::254]',
    '[fe80::a9fe:a9fe]',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:168.63.129.16]',
    '[::169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '[64:ff9b::100.100.100.200]',
    '[64:ff9b:1::a9fe:a9fe]',
    '[2002:a9fe:a9fe::]',
    '[2002:a83f:8110::1]',
    '[2001:0:c000:201::5601:5601]',
    'metadata.google.internal',
    'METADATA.google.internal.',
    'metadata.goog',
    'metadata.goog..',
    'instance-data',
  ];
  return hosts.map((host) => `${scheme}://${host}/latest/meta-data/`);
}

const own = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

/** `PORT` stands for the one that is listened at. */
const REFUSED = [
  // this machine, written in every way there is
  'https://127.0.0.1:PORT/',
  'https://127.1:PORT/',
  'https://127.0.1:PORT/',
  'https://2130706433:PORT/',
  'https://0x7f000001:PORT/',
  'https://0x7f.0.0.1:PORT/',
  'https://0x7f.1:PORT/',
  'https://017700000001:PORT/',
  'https://0177.0.0.1:PORT/',
  'https://0177.0x0.0.01:PORT/',
  'https://127.0.0.1.:PORT/',
  'https://%31%32%37.0.0.1:PORT/',
  'https://１２７.０.０.１:PORT/',
  'https://①②⑦.⓪.⓪.①:PORT/',
  'https://127。0。0。1:PORT/',
  'https://127.255.255.254:PORT/',
  'https://0.0.0.0:PORT/',
  'https://0:PORT/',
  'https://0.1.2.3:PORT/',
  'https://[::1]:PORT/',
  'https://[::]:PORT/',
  'https://[0:0:0:0:0:0:0:1]:PORT/',
  'https://[::ffff:127.0.0.1]:PORT/',
  'https://[::ffff:7f00:1]:PORT/',
  'https://[::127.0.0.1]:PORT/',
  'https://[64:ff9b::127.0.0.1]:PORT/',
  'https://[64:ff9b:1::7f00:1]:PORT/',
  'https://[2002:7f00:1::]:PORT/',
  'https://[2001:0:7f00:1::]:PORT/',
  `https://${own ?? '10.1.2.3'}:PORT/`,
  // private and special networks
  'https://10.0.0.1:PORT/',
  'https://172.16.0.1:PORT/',
  'https://172.31.255.255:PORT/',
  'https://192.168.1.1:PORT/',
  'https://100.64.0.1:PORT/',
  'https://169.254.1.1:PORT/',
  'https://192.0.0.1:PORT/',
  'https://192.0.2.1:PORT/',
  'https://198.18.0.1:PORT/',
  'https://203.0.113.1:PORT/',
  'https://224.0.0.1:PORT/',
  'https://240.0.0.1:PORT/',
  'https://255.255.255.255:PORT/',
  'https://[fc00::1]:PORT/',
  'https://[fe80::1]:PORT/',
  'https://[fec0::1]:PORT/',
  'https://[ff02::1]:PORT/',
  'https://[2001:db8::1]:PORT/',
  'https://[100::1]:PORT/',
  // metadata of clouds
  'https://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]/latest/meta-data/',
  'https://[::ffff:169.254.169.254]/',
  'https://100.100.100.200/latest/meta-data/',
  ...metadataUrls('https'),
  // names of this machine and network
  'https://localhost:PORT/',
  'https://localhost.:PORT/',
  'https://LOCALHOST:PORT/',
  'https://anything.localhost:PORT/',
  'https://printer.local:PORT/',
  'https://router.lan:PORT/',
  'https://router.home.arpa:PORT/',
  'https://esms-postgres:PORT/',
  // names that lead there
  ...Object.keys(NAMES).map((name) => `https://${name}:PORT/`),
  'https://loopback.example.vn.:PORT/',
  // what is not https to a port for it
  'http://127.0.0.1:PORT/',
  'http://loopback.example.vn:PORT/',
  'https://loopback.example.vn:22/',
  'https://loopback.example.vn:6379@127.0.0.1:PORT/',
  'https://hooks.example.vn@127.0.0.1:PORT/',
  'https://hooks.example.vn:secret@127.0.0.1:PORT/',
  'https://127.0.0.1:PORT\\@hooks.example.vn/',
  'https://127.0.0.1:PORT#@hooks.example.vn/',
  'ftp://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:PORT/_',
  'unix:/var/run/docker.sock',
  'data:text/plain,hello',
  'not a URL',
];

/** One that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

const at = (url: string): string => url.replaceAll('PORT', String(port));

describe('without leave for private networks', () => {
  it.each(REFUSED)('%s is not connected to', async (url) => {
    const { resolve } = resolver();
    const client = new WebhookClient({ allowPrivateNetworks: false, timeoutMs: 300 }, resolve);
    const before = connections;
    const answer = await client.post(at(url), {}, '{}');
    client.onApplicationShutdown();
    expect(answer).toMatchObject({ status: null, wasReached: false, error: expect.stringMatching(/./) });
    expect(connections).toBe(before);
  });

  it('a name is looked up once a connection, and what was looked at is what is connected to', async () => {
    const { resolve, asked } = resolver();
    const client = new WebhookClient({ allowPrivateNetworks: false, timeoutMs: 300 }, resolve);
    const url = at('https://rebinding.example.vn:PORT/');
    expect((await client.post(url, {}, '{}')).error).not.toBe('its name leads to no public address');
    expect(asked).toEqual(['rebinding.example.vn']);
    expect((await client.post(url, {}, '{}')).error).toBe('its name leads to no public address');
    expect(connections).toBe(0);
    client.onApplicationShutdown();
  });

  it('a name that leads inside fails in the words of one that leads nowhere', async () => {
    const client = new WebhookClient({ allowPrivateNetworks: false, timeoutMs: 300 }, resolver().resolve);
    const names = [...Object.keys(NAMES).filter((name) => name !== 'rebinding.example.vn'), 'absent.example.vn'];
    const errors = await Promise.all(
      names.map(async (name) => (await client.post(at(`https://${name}:PORT/`), {}, '{}')).error),
    );
    client.onApplicationShutdown();
    expect(new Set(errors)).toEqual(new Set(['its name leads to no public address']));
  });

  it('a socket is given all addresses of a public name, or the first where it wants one', async () => {
    const resolve: Resolve = async () => [
      { address: PUBLIC, family: 4 },
      { address: '2620:4f:8000::1', family: 6 },
    ];
    const lookup = lookupBy(resolve, { allowPrivateNetworks: false });
    const ask = (all: boolean) =>
      new Promise((done) =>
        lookup('a.example.vn', { all }, (error, address, family) => done([error, address, family])),
      );
    expect(await ask(true)).toEqual([null, await resolve(''), undefined]);
    expect(await ask(false)).toEqual([null, PUBLIC, 4]);
  });
});

describe('with leave for private networks', () => {
  it('the same listener is reached, so the table would show what gets through', async () => {
    const { resolve } = resolver();
    const client = new WebhookClient({ allowPrivateNetworks: true, timeoutMs: 1_000 }, resolve);
    const reached = ['https://127.0.0.1:PORT/', 'https://0x7f.1:PORT/', 'http://loopback.example.vn:PORT/'];
    for (const url of reached) await client.post(at(url), {}, '{}');
    client.onApplicationShutdown();
    expect(connections).toBeGreaterThanOrEqual(reached.length);
  });

  it.each(metadataUrls('http'))('%s is refused all the same', (url) => {
    expect(webhookUrlProblem(url, { allowPrivateNetworks: true })).toMatch(/is not for webhooks: clouds keep secrets/);
  });

  it.each(Object.keys(NAMES).filter((name) => /metadata|azure|alibaba/.test(name)))(
    '%s is not connected to',
    async (name) => {
      const client = new WebhookClient({ allowPrivateNetworks: true, timeoutMs: 300 }, resolver().resolve);
      const answer = await client.post(at(`http://${name}:PORT/`), {}, '{}');
      client.onApplicationShutdown();
      expect(answer).toMatchObject({ wasReached: false, error: 'its name leads to no address' });
    },
  );

  it.each([
    'http://10.0.0.1/',
    'http://192.168.1.20:8080/',
    'http://[fd12::1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://crm/',
    'https://crm.internal/',
  ])('%s may be called', (url) => {
    expect(webhookUrlProblem(url, { allowPrivateNetworks: true })).toBeNull();
  });

  it('a refused connection is told without the address it went to', async () => {
    const client = new WebhookClient({ allowPrivateNetworks: true, timeoutMs: 5_000 }, async () => [
      { address: '127.0.0.1', family: 4 },
    ]);
    const { error } = await client.post(`http://crm.internal:${await freePort()}/`, {}, '{}');
    client.onApplicationShutdown();
    expect(error).toBe('the connection was refused (ECONNREFUSED)');
  });
});

it.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '223.255.255.255', '2606:4700::1111', '2a00::1'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);
