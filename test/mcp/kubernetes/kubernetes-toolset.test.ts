import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import { type ClusterReader, type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import type { KubernetesDeps } from '../../../src/mcp/kubernetes/deps.ts';
import { kubernetesToolset } from '../../../src/mcp/kubernetes/kubernetes-toolset.ts';
import { readFailure } from '../../../src/mcp/read-failure.ts';
import type { ToolError } from '../../../src/mcp/tool-error.ts';
import { type ControlPlane, kubeconfigText, startControlPlane } from '../../support/control-plane.ts';
import { putInEtcd } from '../../support/etcd.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { ago, container, object, pod, warning } from '../../support/kube-objects.ts';
import { type CallKubernetesTool, kubernetesTools } from '../../support/kubernetes-tools.ts';
import { type KubeletLogs, startKubeletLogs } from '../../support/kubelet-logs.ts';
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts';

const namespace = 'shop';

/** Each tool, called for what is in `shop`. */
const calls: readonly (readonly [tool: string, args: Record<string, unknown>])[] = [
  ['get_cluster_info', {}],
  ['list_pods', {}],
  ['list_pods', { namespace, problem_only: true }],
  ['list_deployments', {}],
  ['list_deployments', { problem_only: true }],
  ['get_node_status', {}],
  ['get_node_status', { node: 'n1' }],
  ['diagnose_cluster', {}],
  ['get_resource_usage', { by: 'node' }],
  ['get_resource_usage', { by: 'pod' }],
  ['describe_pod', { namespace, pod: 'cart-0' }],
  ['get_pod_logs', { namespace, pod: 'cart-0' }],
  ['get_pod_logs', { namespace, pod: 'cart-0', previous: true }],
  ['get_pod_events', { namespace, pod: 'cart-0' }],
  ['list_services', {}],
  ['list_namespaces', {}],
  ['describe_resource', { resource_type: 'pod', name: 'cart-0', namespace }],
  ['describe_resource', { resource_type: 'deploy', name: 'cart', namespace }],
  ['describe_resource', { resource_type: 'secret', name: 'db', namespace }],
  ['describe_resource', { resource_type: 'configmap', name: 'templates', namespace }],
  ['describe_resource', { resource_type: 'gadgets', name: 'g', namespace }],
  ['get_events', { namespace }],
  ['list_helm_releases', {}],
];

/** Values that nobody may see; those of variables have no name and no form of a secret. */
const secretValue = 'orange lantern seventeen';
const envValue = 'plain-looking-value-of-a-variable';
const env = [
  { name: 'GREETING', value: envValue },
  { name: 'DB', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
];
const podSpec = { nodeName: 'n1', containers: [{ name: 'app', image: 'registry.example/cart:1', env }] };

const crashed = container(
  { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
  { restartCount: 3, lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: ago(30) } } },
);
const cart = pod('cart-0', { phase: 'Running', containerStatuses: [crashed] }, { spec: podSpec });
const template = { metadata: { labels: { app: 'cart' } }, spec: { containers: podSpec.containers } };
const workload = { selector: { matchLabels: { app: 'cart' } }, template };

/** As `kubectl apply` makes them: with a copy of each in an annotation. */
const applied: readonly object[] = [
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace }, stringData: { password: secretValue } },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'cart', namespace }, spec: workload },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'templates', namespace },
    data: { 'pod.json': JSON.stringify({ spec: podSpec }) },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'cart', namespace },
    spec: { ports: [{ port: 80 }], selector: { app: 'cart' } },
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Gadget', plural: 'gadgets' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  },
];
const gadget = {
  apiVersion: 'example.com/v1',
  kind: 'Gadget',
  metadata: { name: 'g', namespace },
  spec: { extraEnv: env },
};

describe.skipIf(cannotRun('the Kubernetes tools over a real API server'))('over a real API server', () => {
  let plane: ControlPlane;
  let kubelet: KubeletLogs;
  let proxy: RecordingProxy;
  let reader: ClusterReader;
  let call: CallKubernetesTool;

  beforeAll(async () => {
    kubelet = await startKubeletLogs();
    plane = await startControlPlane();
    const status = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
    };
    const stored: readonly KubeObject[] = [object('Namespace', namespace), object('Node', 'n1', { status }), cart];
    for (const one of [...stored, warning('BackOff', cart, 'Back-off restarting')]) await putInEtcd(plane, one);
    kubelet.set(namespace, 'cart-0', 'app', 'started\n');
    await plane.apply(...applied);
    await plane.kubectl(['wait', '--for=condition=Established', 'crd/gadgets.example.com']);
    await plane.apply(gadget);
    proxy = await startRecordingProxy(plane);
    const file = path.join(plane.dir, 'recorded.kubeconfig');
    writeFileSync(file, kubeconfigText(proxy.url, plane.ca, plane.adminToken), { mode: 0o600 });
    reader = await openApiReader(file, null);
    const local = createAnalyst({ readersFor: () => [reader] });
    const analyst: KubernetesDeps['analyst'] = {
      collect: local.collect,
      analyse: (...asked) => Promise.resolve(local.analyse(...asked)),
    };
    call = kubernetesTools(reader, { analyst, secretsAllowed: () => true });
  }, 90_000);

  afterAll(async () => {
    await proxy?.stop();
    await plane?.stop();
    await kubelet?.stop();
  });

  test('K8S-2: every tool reads, with GET alone', async () => {
    const names = new Set(calls.map(([tool]) => tool));
    for (const [tool, args] of calls) {
      const before = proxy.asked.length;
      await call(tool, args);
      expect({ tool, requests: proxy.asked.length > before }).toEqual({ tool, requests: true });
    }
    expect(proxy.asked.filter((one) => !one.startsWith('GET '))).toEqual([]);
    expect(proxy.asked.filter((one) => /[?&]watch=|\/(?:exec|attach|portforward|proxy)(?:\/|\?|$)/.test(one))).toEqual(
      [],
    );
    // All but the values of a release: there is none.
    const all = toolset().tools.map(({ name }) => name);
    expect(all.filter((name) => !names.has(name))).toEqual(['get_helm_release_values']);
  });

  test('K8S-5: no tool shows a value of a Secret or of a variable', async () => {
    const hidden = [secretValue, Buffer.from(secretValue).toString('base64'), envValue];
    for (const [tool, args] of calls) {
      const text = JSON.stringify(await call(tool, args));
      expect({ tool, args, shows: hidden.filter((value) => text.includes(value)) }).toEqual({ tool, args, shows: [] });
    }
    // Their names are there.
    const described = JSON.stringify(await call('describe_pod', { namespace, pod: 'cart-0' }));
    expect(described).toContain('GREETING');
    expect(described).toContain('Secret/db key password');
    const secret = await call('describe_resource', { resource_type: 'secret', name: 'db', namespace });
    expect(secret).toMatchObject({ object: { data: { password: expect.any(String) } } });
  });

  test('K8S-3: a credential without rights is told the rule that each tool misses', async () => {
    const poor = await openApiReader(await plane.kubeconfigOf('default', 'poor'), null);
    const poorly = kubernetesTools(poor, { secretsAllowed: () => true });
    const rule = /\{apiGroups: \[".*?"\], resources: \[".+?"\], verbs: \[".+?"\]\}/;
    for (const [tool, args] of calls.filter(([name]) => name !== 'get_cluster_info')) {
      const error = await poorly(tool, args).catch((thrown: unknown) => thrown);
      const shown = error instanceof ReadError ? readFailure(error) : error;
      expect({ tool, error: shown }).toMatchObject({ tool, error: { code: 'forbidden' } });
      const { fix } = shown as ToolError;
      const missing =
        tool === 'get_node_status' ? /kind: ClusterRole.*resources: \[nodes\], verbs: \[get, list, watch\]/ : rule;
      expect({ tool, steps: fix.steps.join(' ') }).toEqual({ tool, steps: expect.stringMatching(missing) });
    }
    // What has an answer all the same says what is missing in it.
    const { not_checked: missing } = await poorly<{ not_checked: string[] }>('get_cluster_info');
    expect(missing.join('\n')).toContain('{apiGroups: [""], resources: ["pods"], verbs: ["list"]}');
  });
});

function toolset() {
  return kubernetesToolset({
    clusters: { names: () => [], get: () => null },
    clock: systemClock,
    redact: createRedactor,
    analyst: null,
    openIncidents: () => Promise.resolve([]),
    secretsAllowed: () => false,
    agentsSeeSecrets: () => true,
  });
}

test('every tool says what it is for, and has schemas that clients can read', () => {
  const { tools } = toolset();
  const names = tools.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const tool of tools) {
    expect(tool.description.length).toBeGreaterThan(80);
    const input = z.toJSONSchema(tool.input, { io: 'input' }) as {
      properties: Record<string, { description?: string }>;
    };
    expect(Object.entries(input.properties).filter(([, property]) => property.description === undefined)).toEqual([]);
    expect(input).toMatchObject({ type: 'object', additionalProperties: false });
    expect(z.toJSONSchema(tool.output, { io: 'output' })).toMatchObject({ type: 'object' });
  }
});
