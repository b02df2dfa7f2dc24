import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AgentPurpose, GatewayRun, RunGateway } from '../../src/domain/agent-gateway.ts';
import { type GatewayConfig, gatewaySchema } from '../../src/gateway/config.ts';
import { createGateway } from '../../src/gateway/create-gateway.ts';
import type { ModelRoute } from '../../src/gateway/models/model-route.ts';
import type { ApiAccess } from '../../src/kube/credential/api-access.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createRedactor, type Redactor } from '../../src/lib/redact/redact.ts';
import { kubeBinary } from './kube-assets.ts';
import { newTempDir } from './temp-dir.ts';

export interface GatewayRunOptions {
  readonly kubernetes?: Partial<Record<keyof GatewayConfig['kubernetes'], unknown>>;
  readonly secrets?: readonly string[];
  readonly purpose?: AgentPurpose;
  readonly models?: ModelRoute;
  readonly owner?: GatewayRun['owner'];
  /** What the record holds before, from an attempt that was cut off. */
  readonly record?: string;
}

/** For runs whose agent asks no model. */
export const noModels: ModelRoute = {
  handle: () => Promise.reject(new Error('no models here')),
  close: () => Promise.resolve(),
};

/** The gateway of one run, as an agent meets it: a socket, and a forwarder to it on 127.0.0.1. */
export interface GatewayUnderTest {
  readonly gateway: RunGateway;
  readonly socket: string;
  readonly workspace: string;
  readonly redact: Redactor;
  /** Port of the forwarder. */
  readonly port: number;
  /** File of the agent's kubeconfig, for that port. */
  readonly kubeconfig: string;
  /** Sends bytes to the socket and gives everything that comes back until the other side ends or is quiet. */
  raw(bytes: string, quietMs?: number): Promise<string>;
  /** One request; the body as text. */
  request(method: string, address: string, headers?: object, body?: string): Promise<{ status: number; body: string }>;
  /** Real kubectl with the agent's kubeconfig. */
  kubectl(...args: readonly string[]): Promise<{ code: number; out: string; err: string }>;
  /** The record of the run, line by line. */
  audit(): Record<string, unknown>[];
  close(): Promise<void>;
}

export async function openGatewayRun(
  access: ApiAccess | null,
  options: GatewayRunOptions = {},
): Promise<GatewayUnderTest> {
  const cleanups = new Cleanups();
  const { dir, remove } = newTempDir();
  cleanups.add('files', remove);
  const workspace = path.join(dir, 'workspace');
  mkdirSync(path.join(workspace, 'logs'), { recursive: true });
  mkdirSync(path.join(workspace, 'output'));
  if (options.record !== undefined) writeFileSync(path.join(workspace, 'logs/gateway.jsonl'), options.record);
  const redact = createRedactor({ secrets: options.secrets ?? [] });
  const gateways = createGateway({
    dataDir: dir,
    accessOf: () => Promise.resolve(access),
    settings: () => gatewaySchema.parse({ kubernetes: options.kubernetes ?? {} }).kubernetes,
    clock: systemClock,
    logger: silentLogger,
    models: options.models ?? noModels,
    onRequest: () => {},
  });
  const gateway = await gateways.open({
    runId: 'run_1',
    purpose: options.purpose ?? 'run',
    incidentId: 'inc_1',
    cluster: 'prod',
    workspace,
    owner: options.owner ?? null,
    budget: { usd: null, tokens: null },
    redact,
    onSpend: () => {},
  });
  cleanups.add('gateway', () => gateway.close());
  const socket = path.join(gateway.socketDir, 'gateway.sock');
  const forwarder = await startForwarder(socket);
  cleanups.add('forwarder', forwarder.close);
  const kubeconfig = path.join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, gateway.kubeconfig.replace('127.0.0.1:8001', `127.0.0.1:${forwarder.port}`));
  return {
    gateway,
    socket,
    workspace,
    redact,
    port: forwarder.port,
    kubeconfig,
    raw: (bytes, quietMs) => exchangeRaw(socket, bytes, quietMs),
    request: async (method, address, headers = {}, body = '') => {
      const lines = Object.entries({ Host: 'gateway', Connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}`,
      );
      if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
      const text = await exchangeRaw(socket, `${method} ${address} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      return { status, body: text.slice(text.indexOf('\r\n\r\n') + 4) };
    },
    kubectl: (...args) => runKubectl(dir, kubeconfig, args),
    audit: () =>
      readFileSync(path.join(workspace, 'logs/gateway.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    close: () => cleanups.run(),
  };
}

/** What the image of an agent has as socat. */
async function startForwarder(socket: string): Promise<{ port: number; close: () => Promise<void> }> {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(socket);
    for (const end of [client, upstream]) {
      open.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        open.delete(end);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const close = async (): Promise<void> => {
    for (const end of open) end.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, close };
}

function exchangeRaw(socket: string, bytes: string, quietMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = net.connect(socket, () => client.write(bytes));
    const chunks: Buffer[] = [];
    const done = (): void => {
      client.destroy();
      resolve(Buffer.concat(chunks).toString('utf8'));
    };
    client.setTimeout(quietMs, done);
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    client.on('end', done);
    client.on('close', done);
    client.on('error', (error) => (chunks.length > 0 || 'code' in error ? done() : reject(error)));
  });
}

const run = promisify(execFile);

async function runKubectl(home: string, kubeconfig: string, args: readonly string[]) {
  const env = { KUBECONFIG: kubeconfig, HOME: home, PATH: '/usr/bin:/bin' };
  try {
    const { stdout, stderr } = await run(kubeBinary('kubectl'), [...args], {
      env,
      timeout: 30_000,
      maxBuffer: 2 ** 26,
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : 1, out: stdout ?? '', err: stderr ?? String(error) };
  }
}
