import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import pLimit from 'p-limit';
import { Agent, request } from 'undici';
import { type ControlPlane, startControlPlane } from '../test/support/control-plane.ts';
import { putInEtcd } from '../test/support/etcd.ts';
import { kubeBinary } from '../test/support/kube-assets.ts';
import { type KubeletLogs, startKubeletLogs } from '../test/support/kubelet-logs.ts';
import { startStockServer } from '../test/support/stock-server.ts';
import { type BenchDaemon, percentile, startDaemon, until } from './daemon.ts';
import type { Figure } from './figure.ts';
import { fill } from './watch.ts';

const pods = 5000;
const rounds = 40;
const loadSeconds = 10;
const callers = 16;
const pod = 'service-0-7876dd8dd7-00000';
const namespace = 'team-0';
const unlimited = { reads: '1000000/s', logs: '1000000/s', concurrent: 1000 };

/** What a call of a tool costs on a cluster of 5,000 pods, against kubectl and the stock MCP server; and how many a second. */
export async function mcp(): Promise<Figure[]> {
  const logs = await startKubeletLogs();
  const plane = await startControlPlane();
  try {
    await fill(plane, pods);
    await giveLogs(plane, logs);
    const daemon = await startDaemon([{ name: 'large', watch: plane.kubeconfig, kubeconfig: plane.kubeconfig }], {
      mcp: { rate_limit: unlimited },
    });
    const stock = await startStockServer(plane.kubeconfig, 'table');
    try {
      await until(
        async () => (await daemon.get<{ summary: { active: number } }>('/health/clusters')).summary.active === 1,
        300_000,
      );
      return [...(await against(plane, daemon, stock.endpoint)), ...(await load(daemon))];
    } finally {
      await stock.stop();
      await daemon.stop();
    }
  } finally {
    await plane.stop();
    await logs.stop();
  }
}

/** The pod of which logs are read stands on a node whose kubelet answers. */
async function giveLogs(plane: ControlPlane, logs: KubeletLogs): Promise<void> {
  const line = '2026-11-20T09:00:00Z level=info msg="request served" path=/orders status=200\n';
  logs.set(namespace, pod, 'app', line.repeat(5000));
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: logs.port } },
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
  };
  const now = new Date().toISOString();
  const metadata = { uid: '00000009-0000-4000-8000-000000000000', creationTimestamp: now, labels: {} };
  const { stdout } = await kubectl(plane, 'get', 'pod', pod, '-n', namespace, '-o', 'jsonpath={.spec.nodeName}');
  await putInEtcd(plane, { apiVersion: 'v1', kind: 'Node', metadata: { ...metadata, name: stdout }, status });
}

function kubectl(plane: ControlPlane, ...args: readonly string[]) {
  return promisify(execFile)(kubeBinary('kubectl'), ['--kubeconfig', plane.kubeconfig, ...args], {
    maxBuffer: 2 ** 28,
  });
}

async function against(plane: ControlPlane, daemon: BenchDaemon, stockUrl: string): Promise<Figure[]> {
  const ours = await connected(`${daemon.url}/mcp`);
  const stock = await connected(stockUrl);
  const one = `one namespace of 200 pods`;
  const rows: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    [`list_pods, ${one}`, 'nightcrier', () => ours('list_pods', { namespace, limit: 200 })],
    [`list_pods, ${one}`, 'kubectl get pods', () => kubectl(plane, 'get', 'pods', '-n', namespace, '-o', 'wide')],
    [`list_pods, ${one}`, 'stock server', () => stock('pods_list_in_namespace', { namespace })],
    [`list_pods, first 100 of ${pods}`, 'nightcrier', () => ours('list_pods', { limit: 100 })],
    [`list_pods, all ${pods}`, 'kubectl get pods -A', () => kubectl(plane, 'get', 'pods', '-A', '-o', 'wide')],
    [`list_pods, all ${pods}`, 'stock server', () => stock('pods_list', {})],
    ['get_pod_logs, 1,000 lines', 'nightcrier', () => ours('get_pod_logs', { namespace, pod, tail: 1000 })],
    ['get_pod_logs, 1,000 lines', 'kubectl logs', () => kubectl(plane, 'logs', pod, '-n', namespace, '--tail=1000')],
    ['get_pod_logs, 1,000 lines', 'stock server', () => stock('pods_log', { namespace, name: pod, tail: 1000 })],
    [`diagnose_cluster, ${pods} pods`, 'nightcrier', () => ours('diagnose_cluster', {})],
    [
      `diagnose_cluster, ${pods} pods`,
      'kubectl get of what it reads',
      () => kubectl(plane, 'get', swept, '-A', '-o', 'json'),
    ],
  ];
  const figures: Figure[] = [];
  for (const [what, who, ask] of rows) {
    const times = await timed(ask);
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)].map((ms) => Math.round(ms));
    figures.push({ name: `${what}: ${who}, p50 / p95`, value: `${p50} / ${p95}`, unit: 'ms' });
  }
  return figures;
}

const swept =
  'nodes,pods,deployments,statefulsets,daemonsets,jobs,persistentvolumeclaims,events,services,endpointslices,ingresses';

async function timed(ask: () => Promise<unknown>): Promise<number[]> {
  for (let warm = 0; warm < 3; warm += 1) await ask();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await ask();
    times.push(performance.now() - began);
  }
  return times;
}

type CallTool = (name: string, args: Record<string, unknown>) => Promise<unknown>;

async function connected(url: string): Promise<CallTool> {
  const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    if (result.isError === true) throw new Error(`${name}: ${JSON.stringify(result.content).slice(0, 500)}`);
    return result;
  };
}

/** As many calls of list_pods a second as come back from sixteen callers, who wait for each answer. */
async function load(daemon: BenchDaemon): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const limit of [20, 100]) {
    const times: number[] = [];
    const cpu = daemon.process.cpuMs();
    const agent = new Agent({ connections: callers });
    const end = performance.now() + loadSeconds * 1000;
    const began = performance.now();
    const slots = pLimit(callers);
    await Promise.all(
      Array.from({ length: callers }, () =>
        slots(async () => {
          while (performance.now() < end) {
            const started = performance.now();
            await callRaw(daemon.url, agent, limit);
            times.push(performance.now() - started);
          }
        }),
      ),
    );
    const seconds = (performance.now() - began) / 1000;
    await agent.close();
    const processors = ((daemon.process.cpuMs() - cpu) / (seconds * 1000)).toFixed(2);
    const name = `list_pods of ${limit} pods, ${callers} callers at once`;
    figures.push(
      { name: `${name}: calls`, value: Math.round(times.length / seconds), unit: '/s' },
      {
        name: `${name}: p50 / p95`,
        value: `${Math.round(percentile(times, 0.5))} / ${Math.round(percentile(times, 0.95))}`,
        unit: 'ms',
      },
      { name: `${name}: processors of the daemon`, value: processors, unit: '' },
    );
  }
  return figures;
}

async function callRaw(url: string, dispatcher: Agent, limit: number): Promise<void> {
  const params = { name: 'list_pods', arguments: { namespace, limit } };
  const answer = await request(`${url}/mcp`, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200 || text.includes('"isError":true')) throw new Error(text.slice(0, 500));
}
