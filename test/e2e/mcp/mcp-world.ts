import path from 'node:path';
import type { Cleanups } from '../../../src/lib/cleanups.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { Daemon } from '../../support/daemon.ts';
import { incidentsOf, settled } from '../../support/daemon-accounts.ts';
import { kubeBinary } from '../../support/kube-assets.ts';
import { serveTls } from '../../support/doctor-setup.ts';
import { StubTsh } from '../../support/stub-tsh.ts';
import { startKubeletLogs } from '../../support/kubelet-logs.ts';

/** A real cluster with faults, a daemon that has investigated some, and what tools are asked about. */
export interface McpWorld {
  readonly plane: ControlPlane;
  readonly daemon: Daemon;
  /** Of its process. */
  readonly env: Record<string, string>;
  readonly incident: string;
  /** A pod that crashes, with a log. */
  readonly pod: string;
}

/** Pods beside those with faults: more than a page. */
const healthyPods = 130;

export async function startMcpWorld(dir: string, cleanups: Cleanups, config: object = {}): Promise<McpWorld> {
  const logs = await startKubeletLogs();
  cleanups.add('kubelet', () => logs.stop());
  const plane = await startControlPlane({ kubeletPort: logs.port });
  cleanups.add('control plane', () => plane.stop());
  await plane.kubectl(['create', 'namespace', 'shop']).catch(() => {});
  await plane.kubectl(['create', 'namespace', 'calm']).catch(() => {});
  await makeNode(plane, logs.port);
  await plane.apply(crashingPod);
  await setStatus(plane, 'shop', pod, crashingStatus());
  await plane.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', namespace: 'shop' },
    stringData: { token: 'canary-of-a-secret' },
  });
  await plane.apply(...Array.from({ length: healthyPods }, (_, n) => calmPod(n)));
  logs.set('shop', pod, 'app', 'starting\nfatal: no such table: orders\n');
  const kubeconfig = plane.kubeconfig;
  const stub = new StubTsh(path.join(dir, 'teleport'), kubeconfig);
  stub.onNode('systemctl', 'printf "LoadState=loaded\\nActiveState=active\\nSubState=running\\n"');
  const ping = { server_version: '17.5.0', min_client_version: '16.0.0', cluster_name: 'shared-service' };
  const proxy = await serveTls(cleanups, (_, response) => void response.end(JSON.stringify(ping)), dir);
  const env = {
    PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}`,
    NODE_EXTRA_CA_CERTS: proxy.ca,
  };
  const daemon = await Daemon.prepare(
    dir,
    {
      clusters: [{ name: 'east', environment: 'production', watch: { kubeconfig } }],
      sweep: { interval_without_push: '2s' },
      notify: { console: false },
      mcp: {
        toolsets: ['core', 'workflows', 'incidents', 'kubernetes', 'flux', 'teleport', 'palette'],
        rate_limit: { reads: '100000/m', logs: '100000/m', concurrent: 1000 },
      },
      teleport: {
        tsh: stub.command,
        proxy: new URL(proxy.url).host,
        user: 'svc',
        allowed_clusters: ['staging'],
        allowed_nodes: ['k8s-staging-*'],
      },
      ...config,
    },
    env,
  );
  cleanups.add('daemon', () => daemon.stop());
  await daemon.start();
  await settled(daemon, 60_000);
  const [incident] = await incidentsOf(daemon);
  return { plane, daemon, env, pod, incident: incident?.id ?? '' };
}

async function makeNode(plane: ControlPlane, port: number): Promise<void> {
  await plane.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'n1' } },
  });
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
  const now = new Date().toISOString();
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } }, conditions: [ready] };
  await plane.kubectl([
    'patch',
    'node',
    'n1',
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  ]);
}

async function setStatus(plane: ControlPlane, namespace: string, name: string, status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  await plane.kubectl(['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
}

const pod = 'orders-0';
const crashingPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: pod, namespace: 'shop', labels: { app: 'orders' } },
  spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'registry.example.com/orders:1' }] },
};

function crashingStatus(): object {
  const at = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+/, '');
  const ended = {
    exitCode: 1,
    reason: 'Error',
    startedAt: at(120),
    finishedAt: at(110),
    containerID: 'containerd://a1',
  };
  const app = {
    name: 'app',
    image: 'registry.example.com/orders:1',
    imageID: 'sha256:0',
    ready: false,
    restartCount: 7,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
    lastState: { terminated: ended },
  };
  const ready = { type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: at(110) };
  return { phase: 'Running', startTime: at(600), conditions: [ready], containerStatuses: [app] };
}

function calmPod(n: number): object {
  const container = {
    name: 'app',
    image: 'registry.example.com/calm:1',
    env: [{ name: 'API_TOKEN', value: 'canary-of-an-env' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `calm-${String(n).padStart(3, '0')}`, namespace: 'calm' },
    spec: { containers: [container] },
  };
}
