import { readFileSync } from 'node:fs';
import type { CompactRecording } from '../../eval/recorded-state.ts';
import type { ClusterReader, KubeObject } from '../../src/kube/cluster-reader.ts';
import type { ToolCluster, ToolClusters } from '../../src/mcp/clusters.ts';
import { fluxToolset } from '../../src/mcp/flux/flux-toolset.ts';
import { type FluxKind, fluxKinds } from '../../src/mcp/flux/objects/kinds.ts';
import type { FluxState } from '../../src/mcp/flux/objects/state.ts';
import type { Tool } from '../../src/mcp/tool.ts';
import { callTool } from './call-tool.ts';
import { readFixtureLines } from './fixture-lines.ts';
import { ManualClock } from './manual-clock.ts';
import { ObjectsReader } from './objects-reader.ts';

/** One of the states of an object that a real kustomize-controller (1.9.5) or helm-controller (1.6.1) was brought into. */
export interface RecordedCase {
  readonly case: string;
  readonly state: FluxState;
  readonly object: KubeObject;
}

/** When the recording is looked at: after its newest time. */
export const fluxNow = Date.parse('2026-11-20T23:10:00Z');

export const recordedCases = readFixtureLines<RecordedCase>('flux/kustomizations.jsonl');
/** Of HelmReleases; their charts are not recorded. */
export const recordedReleases = readFixtureLines<RecordedCase>('flux/helmreleases.jsonl');
const recordedSources = readFixtureLines<KubeObject>('flux/sources.jsonl');
export const recordedEvents = readFixtureLines<KubeObject>('flux/events.jsonl');
export const recordedLog = readFileSync(new URL('../fixtures/flux/controller-log.jsonl', import.meta.url), 'utf8');

/** The tools of Flux for one cluster `c1`, which is also the node `k8s-1` of the Teleport cluster `shared-service`. */
export function fluxTools(reader: ClusterReader, now = fluxNow): readonly Tool[] {
  const cluster: ToolCluster = {
    name: 'c1',
    environment: null,
    reader,
    source: 'kubeconfig',
    kubectl: ['--context', 'c1'],
    teleport: { cluster: 'shared-service', node: 'k8s-1' },
    status: () => null,
  };
  const clusters: ToolClusters = { names: () => ['c1'], get: (name) => (name === 'c1' ? cluster : null) };
  return fluxToolset({ clusters, clock: new ManualClock(now) }).tools;
}

/** What each tool answers about the recorded Flux; whoever reads the same cluster gives the same. */
export async function recordedAnswers(reader: ClusterReader): Promise<Record<string, unknown>> {
  const tools = fluxTools(reader);
  const name = { name: 'bad-path' };
  return {
    kustomizations: await callTool(tools, 'list_flux_kustomizations'),
    sources: await callTool(tools, 'list_flux_sources', { kind: 'all' }),
    releases: await callTool(tools, 'list_flux_helm_releases').catch((error: unknown) => error),
    events: await callTool(tools, 'get_kustomization_events', name),
    tree: await callTool(tools, 'get_flux_tree', { name: 'health-timeout' }),
    logs: await callTool(tools, 'get_flux_logs', { tail: 5, level: 'error', ...name }),
    diagnosis: await callTool(tools, 'diagnose_flux_issues'),
  };
}

/** The recorded objects of Flux, what they are about, and the controller that has written the log, as a recording. */
export function recordedFlux(): CompactRecording {
  const lists: Record<string, CompactRecording['cluster'][string]> = {};
  const add = (path: string, apiVersion: string, objects: readonly KubeObject[]): void => {
    const kind = `${objects[0]?.kind}List`;
    lists[path] = { kind, apiVersion, items: objects };
  };
  add('apis/apiextensions.k8s.io/v1/customresourcedefinitions', 'apiextensions.k8s.io/v1', fluxDefinitions());
  add('api/v1/namespaces', 'v1', [
    plain('v1', 'Namespace', 'flux-system', null),
    plain('v1', 'Namespace', 'apps', null),
  ]);
  add('api/v1/nodes', 'v1', [plain('v1', 'Node', 'n1', null)]);
  add('api/v1/pods', 'v1', [controllerPod]);
  add('api/v1/events', 'v1', recordedEvents);
  add('api/v1/configmaps', 'v1', [plain('v1', 'ConfigMap', 'settings', 'apps')]);
  add('apis/apps/v1/deployments', 'apps/v1', [controllerDeployment, neverReady]);
  for (const [kind, objects] of Map.groupBy(
    [...recordedCases.map(({ object }) => object), ...recordedSources],
    (one) => one.kind,
  )) {
    const { group, version, plural } = fluxKinds[kind as FluxKind];
    add(`apis/${group}/${version}/${plural}`, `${group}/${version}`, objects);
  }
  return { cluster: lists, logs: { 'flux-system/kustomize-controller-0/manager': recordedLog } };
}

/** The same in memory, without discovery, as readers of other ways give objects: as JSON. */
export function fluxInMemory(): ObjectsReader {
  const { cluster, logs } = recordedFlux();
  const objects = Object.values(cluster).flatMap(({ kind, apiVersion, items }) =>
    items.map((item) => ({ ...item, apiVersion, kind: kind.replace(/List$/, '') })),
  );
  const reader = new ObjectsReader(JSON.parse(JSON.stringify(objects)) as KubeObject[]);
  installFlux(reader);
  for (const [place, text] of Object.entries(logs)) {
    const [namespace = '', pod = '', container = ''] = place.split('/');
    reader.setLog(namespace, pod, container, text);
  }
  return reader;
}

/** Makes the kinds of Flux known to a cluster in memory, all but some. */
export function installFlux(reader: ObjectsReader, without: readonly string[] = []): void {
  for (const [kind, { group, version }] of Object.entries(fluxKinds)) {
    if (without.includes(kind)) continue;
    const apiVersion = `${group}/${version}`;
    reader.put({ apiVersion, kind, metadata: { name: 'x', namespace: 'x' } });
    reader.remove(apiVersion, kind, 'x', 'x');
  }
}

/** Definitions of Flux's kinds that take everything. */
export function fluxDefinitions(): KubeObject[] {
  return Object.entries(fluxKinds).map(([kind, { group, version, plural }]) => {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const spec = {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }],
    };
    const name = `${plural}.${group}`;
    return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name }, spec };
  });
}

function plain(apiVersion: string, kind: string, name: string, namespace: string | null): KubeObject {
  const creationTimestamp = '2026-11-20T23:00:00Z';
  const metadata = {
    name,
    ...(namespace === null ? {} : { namespace }),
    uid: `uid-${kind}-${name}`,
    creationTimestamp,
  };
  return { apiVersion, kind, metadata };
}

const labels = { app: 'kustomize-controller', 'app.kubernetes.io/part-of': 'flux' };

const controllerPod: KubeObject = {
  ...plain('v1', 'Pod', 'kustomize-controller-0', 'flux-system'),
  metadata: { ...plain('v1', 'Pod', 'kustomize-controller-0', 'flux-system').metadata, labels },
  spec: { nodeName: 'n1', containers: [{ name: 'manager', image: 'kustomize-controller' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

const controllerDeployment: KubeObject = {
  ...plain('apps/v1', 'Deployment', 'kustomize-controller', 'flux-system'),
  metadata: {
    ...plain('apps/v1', 'Deployment', 'kustomize-controller', 'flux-system').metadata,
    labels,
    generation: 1,
  },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [] } },
  },
  status: { observedGeneration: 1, replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 },
};

/** What the recorded health check has waited for. */
const neverReady: KubeObject = {
  ...plain('apps/v1', 'Deployment', 'never-ready', 'apps'),
  metadata: { ...plain('apps/v1', 'Deployment', 'never-ready', 'apps').metadata, generation: 1 },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'x' } },
    template: { metadata: { labels: { app: 'x' } }, spec: { containers: [] } },
  },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 },
};
