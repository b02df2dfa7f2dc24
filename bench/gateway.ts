import { Agent, type Dispatcher, request } from 'undici';
import { openApiAccess } from '../src/kube/credential/api-access.ts';
import { systemClock } from '../src/lib/clock.ts';
import { spawnProcess } from '../src/lib/process/spawn.ts';
import { startControlPlane } from '../test/support/control-plane.ts';
import { openGatewayRun } from '../test/support/gateway-run.ts';
import { missingForControlPlane } from '../test/support/kube-assets.ts';
import type { Figure } from './figure.ts';

const rounds = 400;
const pods = 200;

/** What a read costs through the gateway of a run, against the same read of the API server itself; milliseconds. */
export async function gateway(): Promise<Figure[]> {
  const missing = missingForControlPlane();
  if (missing !== null) return [{ name: 'gateway', value: `not measured: ${missing}`, unit: '' }];
  const plane = await startControlPlane();
  const access = await openApiAccess([plane.kubeconfig], null, { spawn: spawnProcess, clock: systemClock, env: {} });
  const run = await openGatewayRun(access, { kubernetes: { max_requests: 0 } });
  const socket = new Agent({ connect: { socketPath: run.socket } });
  try {
    await plane.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, account, ...podList());
    const { dispatcher, server, headers } = await access.connect();
    const direct = (path: string) => () => read(`${server}${path}`, dispatcher, headers);
    const through = (path: string) => () => read(`http://gateway/k8s${path}`, socket, {});
    const figures: Figure[] = [];
    for (const [name, path] of [
      ['one pod', '/api/v1/namespaces/shop/pods/pod-0'],
      [`a list of ${pods} pods`, '/api/v1/namespaces/shop/pods?limit=500'],
    ] as const) {
      for (const [way, ask] of [
        ['directly', direct(path)],
        ['through the gateway', through(path)],
      ] as const) {
        const { p50, p95, kib } = await measured(ask);
        figures.push({ name: `${name} (${kib} KiB), ${way}: p50 / p95`, value: `${p50} / ${p95}`, unit: 'ms' });
      }
    }
    return figures;
  } finally {
    await socket.close();
    await run.close();
    await plane.stop();
  }
}

const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } };

function podList(): object[] {
  return Array.from({ length: pods }, (_, at) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${at}`, namespace: 'shop', labels: { app: 'cart' } },
    spec: {
      containers: [
        { name: 'cart', image: 'registry.example/cart:1', env: [{ name: 'DB_PASSWORD', value: 'secret-of-all-pods' }] },
      ],
    },
  }));
}

async function read(url: string, dispatcher: Dispatcher, headers: object): Promise<number> {
  const answer = await request(url, { dispatcher, headers: { accept: 'application/json', ...headers } });
  const body = await answer.body.arrayBuffer();
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`);
  return body.byteLength;
}

async function measured(ask: () => Promise<number>): Promise<{ p50: string; p95: string; kib: number }> {
  let bytes = 0;
  for (let warm = 0; warm < 50; warm += 1) bytes = await ask();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    await ask();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * times.length)] ?? 0).toFixed(1);
  return { p50: at(0.5), p95: at(0.95), kib: Math.round(bytes / 1024) };
}
