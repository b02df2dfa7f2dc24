import pLimit from 'p-limit';
import type { KubeObject } from '../src/kube/cluster-reader.ts';
import { type ControlPlane, startControlPlane } from '../test/support/control-plane.ts';
import { putInEtcd } from '../test/support/etcd.ts';
import { standingFaults } from '../test/support/standing-faults.ts';
import { type BenchDaemon, percentile, startDaemon, until } from './daemon.ts';
import type { Figure } from './figure.ts';

interface Health {
  readonly summary: { readonly active: number };
}

const podsOfOwner = 20;
const podsOfNamespace = 200;
const restSeconds = 60;
const churnSeconds = 20;
const churnPerSecond = 50;
const rounds = 20;

/** The daemon that watches a real API server with so many pods of usual size. */
export async function watch(pods: number): Promise<Figure[]> {
  const plane = await startControlPlane();
  try {
    await fill(plane, pods);
    const daemon = await startDaemon([{ name: 'large', watch: plane.kubeconfig }]);
    try {
      return await measure(plane, daemon, pods);
    } finally {
      await daemon.stop();
    }
  } finally {
    await plane.stop();
  }
}

async function measure(plane: ControlPlane, daemon: BenchDaemon, pods: number): Promise<Figure[]> {
  const named = `watch of ${pods.toLocaleString('en')} pods`;
  const began = performance.now();
  await until(async () => (await daemon.get<Health>('/health/clusters')).summary.active === 1, 300_000, 20);
  const seconds = (performance.now() - began + daemon.readyMs) / 1000;
  await pause(10);
  const heap = await metric(daemon, 'nodejs_heap_size_used_bytes');
  const resident = daemon.process.rssMiB();
  const atRest = await processors(daemon, () => pause(restSeconds));
  const churning = await processors(daemon, () => churn(plane, pods));
  const took = await faults(plane, daemon);
  return [
    { name: `${named} (7 KiB each): process start to active`, value: Number(seconds.toFixed(1)), unit: 's' },
    { name: `${named}: heap`, value: Math.round(heap / 2 ** 20), unit: 'MiB' },
    { name: `${named}: resident memory`, value: resident, unit: 'MiB' },
    { name: `${named}: one processor, at rest`, value: atRest, unit: '%' },
    { name: `${named}: one processor, ${churnPerSecond} changes a second`, value: churning, unit: '%' },
    { name: `${named}: fault in etcd to stored, p50`, value: Math.round(percentile(took, 0.5)), unit: 'ms' },
    { name: `${named}: fault in etcd to stored, most`, value: Math.round(Math.max(...took)), unit: 'ms' },
  ];
}

/** Share of one processor that the daemon uses meanwhile, per cent. */
async function processors(daemon: BenchDaemon, work: () => Promise<void>): Promise<number> {
  const [cpu, began] = [daemon.process.cpuMs(), performance.now()];
  await work();
  return Number(((100 * (daemon.process.cpuMs() - cpu)) / (performance.now() - began)).toFixed(1));
}

async function churn(plane: ControlPlane, pods: number): Promise<void> {
  for (let step = 0; step < churnSeconds * churnPerSecond; step += 1) {
    await putInEtcd(plane, pod((step * 37) % pods, new Date().toISOString()));
    await pause(1 / churnPerSecond);
  }
}

async function faults(plane: ControlPlane, daemon: BenchDaemon): Promise<number[]> {
  const took: number[] = [];
  const received = async () => (await daemon.get<{ faults: unknown[] }>('/api/faults?limit=1000')).faults.length;
  for (let round = 1; round <= rounds; round += 1) {
    const fault = standingFaults(Date.now(), round).find(({ type }) => type === 'CrashLoop');
    const before = await received();
    const began = performance.now();
    for (const object of fault?.objects ?? []) await putInEtcd(plane, object);
    await until(async () => (await received()) > before, 30_000, 5);
    took.push(performance.now() - began);
  }
  return took;
}

async function metric(daemon: BenchDaemon, name: string): Promise<number> {
  const text = await (await fetch(`${daemon.url}/metrics`)).text();
  return Number(new RegExp(`^${name} ([0-9.e+]+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

export async function fill(plane: ControlPlane, pods: number): Promise<void> {
  const slots = pLimit(32);
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const all = Array.from({ length: pods }, (_, index) => index);
  await Promise.all(all.map((index) => slots(() => putInEtcd(plane, pod(index, since)))));
}

/** A pod as controllers and kubelets leave it: with environment, volumes, managed fields. */
function pod(index: number, ready: string): KubeObject {
  const owner = Math.floor(index / podsOfOwner);
  const namespace = `team-${Math.floor(index / podsOfNamespace)}`;
  const uid = (what: number, at: number): string => `0000000${what}-0000-4000-8000-${String(at).padStart(12, '0')}`;
  const app = `service-${owner}`;
  const time = ready.replace(/\.\d+Z$/, 'Z');
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: time });
  const env = Array.from({ length: 25 }, (_, at) => ({
    name: `SETTING_${at}`,
    value: `value-${at}-of-${app}`.repeat(2),
  }));
  const fields = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`f:field-${at}`, { 'f:value': {} }]));
  const image = `registry.example.com/team/${app}:1.${owner % 9}.0`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-7876dd8dd7-${String(index).padStart(5, '0')}`,
      namespace,
      uid: uid(1, index),
      creationTimestamp: time,
      labels: {
        app,
        'pod-template-hash': '7876dd8dd7',
        'app.kubernetes.io/part-of': namespace,
        version: `1.${owner % 9}.0`,
      },
      annotations: { 'prometheus.io/scrape': 'true', 'checksum/config': 'a'.repeat(64) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${app}-7876dd8dd7`,
          uid: uid(2, owner),
          controller: true,
        },
      ],
      managedFields: [{ manager: 'kubelet', operation: 'Update', time, fieldsV1: fields }],
    },
    spec: {
      nodeName: `node-${index % 400}`,
      containers: [{ name: 'app', image, env, resources: { requests: { cpu: '100m', memory: '128Mi' } } }],
      volumes: [
        {
          name: 'token',
          projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }] },
        },
      ],
      restartPolicy: 'Always',
    },
    status: {
      phase: 'Running',
      startTime: time,
      podIP: `10.${index % 250}.${Math.floor(index / 250)}.7`,
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        condition,
      ),
      containerStatuses: [
        {
          name: 'app',
          image,
          imageID: `${image}@sha256:${'b'.repeat(64)}`,
          containerID: `containerd://${String(index).padStart(64, 'c')}`,
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: time } },
        },
      ],
      qosClass: 'Burstable',
    },
  };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
