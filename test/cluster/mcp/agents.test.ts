import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { createAgents } from '../../../src/cluster/mcp/agents.ts';
import { fleetOf, prod, pushServer, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { startRawMcpServer } from '../../support/raw-mcp-server.ts';

releaseAfterEach();

async function tlsServer() {
  const names = [{ type: 7 as const, ip: '127.0.0.1' }];
  const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [{ name: 'subjectAltName', altNames: names }],
  });
  const server = await startRawMcpServer({ tls: { key: pems.private, cert: pems.cert } });
  releaseLater(() => server.close());
  const dir = mkdtempSync(path.join(tmpdir(), 'nightcrier-ca-'));
  releaseLater(() => Promise.resolve(rmSync(dir, { recursive: true })));
  const file = path.join(dir, 'ca.pem');
  writeFileSync(file, pems.cert);
  return { server, file, dir };
}

test('CON-2: a private authority is trusted when its file is given, and only then', async () => {
  const { server, file } = await tlsServer();
  const { becomes } = fleetOf([
    { name: 'trusted', mcp: { endpoint: server.endpoint, ca_file: file } },
    { name: 'unknown', mcp: { endpoint: server.endpoint } },
    { name: 'insecure', mcp: { endpoint: server.endpoint, insecure_skip_tls_verify: true } },
  ]);
  expect(await becomes('trusted', 'active')).toMatchObject({ source: 'push' });
  expect(await becomes('insecure', 'active')).toMatchObject({ source: 'push' });
  const failed = await becomes('unknown', 'failed');
  expect(failed.error).toMatchObject({ code: 'NC-CLUSTER-003' });
  expect(failed.error?.fix).toContain('mcp.ca_file');
});

test('CON-2: a CA file that is missing or holds none is said, and looked for again', async () => {
  const { server, file, dir } = await tlsServer();
  const missing = path.join(dir, 'later.pem');
  const { becomes } = fleetOf(prod(server.endpoint, { ca_file: missing }));
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-016' });
  writeFileSync(missing, 'no certificate');
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-016' });
  rmSync(missing);
  rmSync(file);
  expect(server.seen).toEqual([]);
});

test('CON-2: plain HTTP where TLS is expected is a TLS problem', async () => {
  const push = await pushServer();
  const { becomes } = fleetOf(prod(push.endpoint.replace('http:', 'https:')));
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-003' });
});

test('CON-2: clusters of the same authority share one pool', () => {
  const agents = createAgents({});
  const plain = { endpoint: 'http://a.example/mcp', ca_file: undefined, insecure_skip_tls_verify: false };
  expect(agents.agentsFor(plain)).toBe(agents.agentsFor({ ...plain, endpoint: 'http://b.example/mcp' }));
  expect(agents.agentsFor({ ...plain, insecure_skip_tls_verify: true })).not.toBe(agents.agentsFor(plain));
});

test('CON-2: a thousand clusters may each have an authority of their own; a replaced file gets a new pool', async () => {
  const { dir, file } = await tlsServer();
  const agents = createAgents({});
  releaseLater(() => Promise.resolve(agents.close()));
  const pems = readFileSync(file, 'utf8');
  const poolOf = (name: string, text?: string) => {
    const ca_file = path.join(dir, name);
    if (text !== undefined) writeFileSync(ca_file, text);
    return agents.agentsFor({ endpoint: 'https://a.example/mcp', ca_file, insecure_skip_tls_verify: false });
  };
  const pools = Array.from({ length: 1000 }, (_, index) => poolOf(`${index}.pem`, `# cluster ${index}\n${pems}`));
  expect(new Set(pools).size).toBe(1000);
  expect(poolOf('0.pem')).toBe(pools[0]);
  expect(poolOf('0.pem', `# rotated\n${pems}`)).not.toBe(pools[0]);
  expect(poolOf('1.pem')).toBe(pools[1]);
});

test('OPS-9, CON-2: a proxy is used for what no_proxy does not name', async () => {
  const push = await pushServer();
  const asked = new Set<string>();
  const proxy = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '');
    asked.add(url.hostname);
    const { method, headers } = incoming;
    const options = { host: '127.0.0.1', port: url.port, path: url.pathname, method, headers };
    const outgoing = request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      response.flushHeaders();
      answer.on('error', () => response.destroy()).pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  releaseLater(async () => {
    proxy.closeAllConnections();
    await new Promise<void>((resolve) => void proxy.close(() => resolve()));
  });
  const httpProxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const agents = createAgents({ HTTP_PROXY: httpProxy, NO_PROXY: '192.168.0.0/16, 10.0.0.0/8' });
  releaseLater(() => Promise.resolve(agents.close()));
  const { port } = new URL(push.endpoint);
  const { becomes } = fleetOf(
    [
      { name: 'proxied', mcp: { endpoint: `http://push.example:${port}/mcp` } },
      { name: 'direct', mcp: { endpoint: push.endpoint } },
    ],
    { agents },
  );
  await becomes('proxied', 'active');
  await becomes('direct', 'active');
  expect([...asked]).toEqual(['push.example']);
});

test('OPS-9: each server has its own way, by the rules of kubectl', () => {
  const env = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '10.0.0.0/8,.corp.example,push.example:8443' };
  const agents = createAgents(env);
  const wayTo = (endpoint: string) =>
    agents.agentsFor({ endpoint, ca_file: undefined, insecure_skip_tls_verify: false });
  const direct = wayTo('https://127.0.0.1:8443/mcp');
  const past = [
    'https://10.96.7.1/mcp',
    'https://mcp.corp.example/mcp',
    'https://push.example:8443/mcp',
    'http://plain.example/mcp',
  ];
  expect(past.filter((endpoint) => wayTo(endpoint) !== direct)).toEqual([]);
  const proxied = wayTo('https://mcp.example/mcp');
  expect(proxied).not.toBe(direct);
  const through = ['https://11.0.0.1/mcp', 'https://corp.example.org/mcp', 'https://push.example/mcp'];
  expect(through.filter((endpoint) => wayTo(endpoint) !== proxied)).toEqual([]);
});

test.each(['socks5://proxy.example:1080', 'ftp://proxy.example'])(
  'OPS-9: a proxy that cannot be used (%s) is told as what is wrong with the connection',
  async (proxy) => {
    const agents = createAgents({ HTTP_PROXY: proxy });
    const { becomes } = fleetOf([{ name: 'prod', mcp: { endpoint: 'http://push.example/mcp' } }], { agents });
    expect((await becomes('prod', 'failed')).error?.message).toContain('the proxy of the environment is');
  },
);
