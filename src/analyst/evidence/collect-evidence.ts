import type { AnalystRequest } from '../../domain/ports.ts';
import type { Entity } from '../../domain/verdict/verdict.ts';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { entityText } from '../model/entities.ts';
import { type GatheredEvidence, writeEvidence } from '../model/evidence-files.ts';
import { textAt, textsAt } from '../model/fields.ts';
import { focusEntities, focusNamespaces } from '../model/focus.ts';
import { GrowingGraph } from '../model/growing-graph.ts';
import { selectorText } from '../../kube/selectors.ts';
import { type BudgetLimits, ClusterWalk } from './cluster-walk.ts';
import { readCustom } from './read-custom.ts';
import { readLogs } from './read-logs.ts';
import { readNamedThings } from './read-named.ts';
import { readNeeds } from './read-needs.ts';
import { readPlatform } from './read-platform.ts';
import { withoutSecrets } from './without-secrets.ts';

export interface CollectDeps {
  readonly readers: readonly ClusterReader[];
  readonly limits: BudgetLimits;
  readonly clock: Clock;
  readonly redact: Redactor;
}

/**
 * Reads outwards from the fault, most telling first: the object, its namespace, what its pods need, their logs, and then
 * what those logs and messages name. Everything goes into one graph, of which the files are written at the end. Never
 * rejects and never reads more than the budget allows.
 */
export async function collectEvidence(
  request: AnalystRequest,
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<GatheredEvidence> {
  const { limits } = deps;
  const started = deps.clock.now();
  const graph = new GrowingGraph();
  const limit = timeLimit(deps.clock, limits.milliseconds, signal, () => new Error('time is up'));
  const walk = new ClusterWalk(deps.readers, graph, limits, limit.signal);
  const focus = focusEntities(request);
  try {
    await readFocus(walk, focus);
    const namespaces = focusNamespaces(focus).slice(0, 2);
    await Promise.all(namespaces.map((namespace) => readNamespace(walk, namespace)));
    await readOwnParts(walk, focus);
    await Promise.all([readNeeds(walk, graph, focus), readPlatform(walk, graph, focus), readLogs(walk, graph, focus)]);
    await Promise.all([readNamedThings(walk, graph, focus), readCustom(walk, graph, focus)]);
    await readLogs(walk, graph, focus);
    // What the logs of callees name in their turn; nothing is read twice.
    await readNamedThings(walk, graph, focus);
  } finally {
    limit.letGo();
  }
  const { used, refused } = walk.budget;
  const left = refused === 0 ? [] : [`${refused} reads over the budget of ${limits.requests} requests were left out`];
  const about = {
    cluster: request.cluster,
    focus: focus.map(entityText),
    read_at: new Date(started).toISOString(),
    requests: used,
    requests_over_budget: refused,
  };
  return withoutSecrets(writeEvidence(graph, about, [...walk.missing, ...left], limits.bytes), deps.redact);
}

/** Kinds that are read whole for the namespace of a fault, most telling first. */
const namespaceKinds = [
  'Pod',
  'Event',
  'ReplicaSet',
  'Deployment',
  'Service',
  'StatefulSet',
  'Job',
  'EndpointSlice',
  'ConfigMap',
  'DaemonSet',
  'CronJob',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Ingress',
  'NetworkPolicy',
];

/** The objects of the incident themselves; of a node and other objects of the cluster also their events and pods. */
async function readFocus(walk: ClusterWalk, focus: readonly Entity[]): Promise<void> {
  await Promise.all(focus.slice(0, 8).map((entity) => walk.get(entity.kind, entity.namespace, entity.name)));
  await Promise.all(focus.filter((it) => it.namespace === null).map((entity) => readClusterScoped(walk, entity)));
}

async function readClusterScoped(walk: ClusterWalk, entity: Entity): Promise<void> {
  if (entity.kind === 'Namespace') return;
  const events = walk.list('Event', { fieldSelector: `involvedObject.name=${entity.name}`, limit: 100 });
  if (entity.kind === 'Node') {
    const pods = await walk.list('Pod', { fieldSelector: `spec.nodeName=${entity.name}`, limit: 120 });
    await walk.list('Pod', { fieldSelector: 'status.phase=Pending', limit: 60 });
    await walk.list('Node');
    const node = await walk.get('Node', null, entity.name);
    if (textAt(node, 'spec', 'unschedulable') === 'true') await walk.list('PodDisruptionBudget', { limit: 200 });
    const namespaces = [...new Set(pods.map((pod) => pod.metadata.namespace ?? ''))];
    const system = namespaces.filter((it) => it.startsWith('kube-') || it.includes('system') || it.includes('network'));
    for (const namespace of system.slice(0, 2)) await walk.list('DaemonSet', { namespace });
    for (const namespace of namespaces.filter((it) => !system.includes(it)).slice(0, 4)) {
      await Promise.all([walk.list('Event', { namespace, limit: 200 }), walk.list('ReplicaSet', { namespace })]);
    }
  }
  if (entity.kind === 'PersistentVolume') {
    const volume = await walk.get('PersistentVolume', null, entity.name);
    const namespace = textAt(volume, 'spec', 'claimRef', 'namespace');
    if (namespace !== '') await walk.list('PersistentVolumeClaim', { namespace });
  }
  await events;
}

/** The namespace of the fault, kind by kind. */
async function readNamespace(walk: ClusterWalk, namespace: string): Promise<void> {
  await Promise.all([
    ...namespaceKinds.map((kind) => walk.list(kind, kind === 'Event' ? { namespace, limit: 500 } : { namespace })),
    walk.get('Namespace', null, namespace),
  ]);
}

/** Where a namespace is too large to be read whole: the pods, ReplicaSets and events of the incident's own workloads. */
async function readOwnParts(walk: ClusterWalk, focus: readonly Entity[]): Promise<void> {
  for (const entity of focus.slice(0, 3)) {
    const namespace = entity.namespace ?? '';
    if (!['Pod', 'ReplicaSet', 'Event'].some((kind) => walk.truncated.has(`${kind} ${namespace}`))) continue;
    const object = await walk.get(entity.kind, entity.namespace, entity.name);
    const labelSelector = selectorText(textsAt(object, 'spec', 'selector', 'matchLabels'));
    if (labelSelector === '') continue;
    const [pods, sets] = await Promise.all([
      walk.list('Pod', { namespace, labelSelector, limit: 40 }),
      walk.list('ReplicaSet', { namespace, labelSelector, limit: 20 }),
    ]);
    const names = [
      entity.name,
      ...sets.slice(0, 2).map((it) => it.metadata.name),
      ...pods.slice(0, 3).map((it) => it.metadata.name),
    ];
    await Promise.all(
      names.map((name) => walk.list('Event', { namespace, fieldSelector: `involvedObject.name=${name}`, limit: 30 })),
    );
  }
}
