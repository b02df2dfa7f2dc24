import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { selectorText } from '../../kube/selectors.ts';
import { entityKey, entityOf } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { listAt, textAt, textsAt } from '../model/fields.ts';
import { focusNamespaces } from '../model/focus.ts';
import { podReferences } from '../model/pod-references.ts';
import { buildWorkloads, type PodView, type Workload } from '../model/workload.ts';
import { confinement } from '../signals/across-pods.ts';
import { provisionerOf, secretNamespace } from '../signals/node-parts.ts';
import { findEvictions, lackIn } from '../signals/evictions.ts';
import type { ClusterWalk } from './cluster-walk.ts';
import { readAdmission } from './read-admission.ts';

/** What the pods of the incident need from elsewhere: nodes, volumes, classes, Secrets, webhooks, priorities. */
export async function readNeeds(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  const namespaces = new Set(focusNamespaces(focus));
  const keys = new Set(focus.map(entityKey));
  const workloads = buildWorkloads(graph).filter((it) => namespaces.has(it.entity.namespace ?? ''));
  const own = workloads.filter((it) => keys.has(entityKey(it.entity)) || isBad(it));
  await Promise.all([
    readNodes(walk, graph, own),
    readEvictions(walk, graph, own),
    readNodeAgents(walk, graph, own),
    readVolumes(walk, graph, namespaces),
    readSecrets(walk, [...own, ...workloads]),
    readAdmission(walk, graph, own),
    readPriorities(walk, graph, own),
    readPatchers(walk, own),
  ]);
}

function isBad(workload: Workload): boolean {
  if (workload.desired > 0 && workload.pods.filter((pod) => pod.ready).length < workload.desired) return true;
  return workload.pods.some((pod) => pod.containers.some((it) => it.restarts > 0 || it.waitingReason !== ''));
}

const isFailing = (pod: PodView): boolean => !pod.ready || pod.containers.some((container) => container.restarts > 0);

async function readNodes(walk: ClusterWalk, graph: EvidenceGraph, own: readonly Workload[]): Promise<void> {
  const pods = own.flatMap((it) => it.pods);
  const scheduling = graph.events.filter((it) => it.reason === 'FailedScheduling');
  const unscheduled = pods.some((pod) => pod.node === '' && pod.phase === 'Pending');
  if (!unscheduled && scheduling.length === 0) {
    // Those of the pods that fail come first: one of them may be the cause, and what was not read cannot be.
    const nodes = [...pods.filter(isFailing), ...pods].map((pod) => pod.node).filter((name) => name !== '');
    const names = [...new Set(nodes)];
    await Promise.all(names.slice(0, 2).map((name) => walk.get('Node', null, name)));
    return;
  }
  const nodes = await walk.list('Node');
  const text = scheduling.map((it) => it.message).join('\n');
  // Resources with a vendor's name come from a plugin that runs beside the kubelet.
  if (/Insufficient [\w.-]+\//.test(text)) await walk.list('DaemonSet', { limit: 200 });
  if (!/Insufficient|free ports|Too many pods|anti-affinity|preempt|ReadWriteOncePod|topology/i.test(text)) return;
  await Promise.all(
    nodes
      .slice(0, 5)
      .map((node) => walk.list('Pod', { fieldSelector: `spec.nodeName=${node.metadata.name}`, limit: 150 })),
  );
}

/** Who else was on a node that ran out, and who else was evicted from it: the reason for it may be in another namespace. */
async function readEvictions(walk: ClusterWalk, graph: EvidenceGraph, own: readonly Workload[]): Promise<void> {
  const short = findEvictions(graph, own).findLast(({ message, pod }) => lackIn(message) !== null && pod.node !== '');
  if (!short) return;
  await Promise.all([
    walk.get('Node', null, short.pod.node),
    walk.list('Pod', { fieldSelector: `spec.nodeName=${short.pod.node}`, limit: 150 }),
    walk.list('Event', { fieldSelector: 'reason=Evicted', limit: 100 }),
  ]);
}

/** The system's pods on a node on which alone a workload fails that is well on others. */
async function readNodeAgents(walk: ClusterWalk, graph: EvidenceGraph, own: readonly Workload[]): Promise<void> {
  const found = own.map((workload) => confinement(graph, workload, isFailing)).find((it) => it !== null);
  if (!found) return;
  await walk.list('Pod', { namespace: 'kube-system', fieldSelector: `spec.nodeName=${found.node}`, limit: 60 });
}

async function readVolumes(walk: ClusterWalk, graph: EvidenceGraph, namespaces: ReadonlySet<string>): Promise<void> {
  const claims = graph.all('PersistentVolumeClaim').filter((it) => namespaces.has(it.metadata.namespace ?? ''));
  const pending = claims.filter((it) => textAt(it, 'status', 'phase') !== 'Bound');
  if (pending.length > 0) {
    await Promise.all([walk.list('PersistentVolume'), walk.list('StorageClass')]);
    await Promise.all([readProvisioner(walk, graph, pending), readProvisionerSecret(walk, graph, pending)]);
    return;
  }
  await Promise.all(
    claims.slice(0, 4).map((claim) => walk.get('PersistentVolume', null, textAt(claim, 'spec', 'volumeName'))),
  );
}

/** The driver from which a claim waits for a volume, and the workload that makes them. */
async function readProvisioner(walk: ClusterWalk, graph: EvidenceGraph, pending: readonly KubeObject[]): Promise<void> {
  const waits = pending
    .flatMap((claim) => graph.eventsOf(entityOf(claim)))
    .filter((it) => it.reason === 'ExternalProvisioning');
  const driver = /provisioner '([^']+)'|"([^"]+)"/
    .exec(waits.at(-1)?.message ?? '')
    ?.slice(1)
    .find((it) => it !== undefined);
  if (driver === undefined) return;
  await Promise.all([walk.get('CSIDriver', null, driver), walk.list('Deployment', { limit: 300 })]);
  const controller = provisionerOf(graph, driver);
  const labelSelector = selectorText(textsAt(controller, 'spec', 'selector', 'matchLabels'));
  if (!controller || labelSelector === '') return;
  await walk.list('Pod', { namespace: controller.metadata.namespace ?? '', labelSelector, limit: 5 });
}

/** The Secret that a driver says it lacks. */
async function readProvisionerSecret(
  walk: ClusterWalk,
  graph: EvidenceGraph,
  pending: readonly KubeObject[],
): Promise<void> {
  for (const claim of pending.slice(0, 3)) {
    const storage = graph.get('StorageClass', null, textAt(claim, 'spec', 'storageClassName'));
    const failed = graph.eventsOf(entityOf(claim)).findLast((it) => it.reason === 'ProvisioningFailed');
    const name = /secrets? "([^"]+)" not found/.exec(failed?.message ?? '')?.[1];
    if (storage && name !== undefined) await walk.get('Secret', secretNamespace(storage, claim), name);
  }
}

/** Names and keys only: values never reach the evidence. */
async function readSecrets(walk: ClusterWalk, own: readonly Workload[]): Promise<void> {
  const wanted = own.flatMap((workload) =>
    podReferences(workload.template)
      .filter((it) => it.kind === 'Secret')
      .map((it) => ({ namespace: workload.entity.namespace, name: it.name })),
  );
  const unique = [...new Map(wanted.map((it) => [`${it.namespace}/${it.name}`, it])).values()];
  await Promise.all(unique.slice(0, 8).map((it) => walk.get('Secret', it.namespace, it.name)));
}

async function readPriorities(walk: ClusterWalk, graph: EvidenceGraph, own: readonly Workload[]): Promise<void> {
  const preempted = graph.events.filter((it) => it.reason === 'Preempted');
  const named = own.some((it) => textAt(it.template, 'priorityClassName') !== '');
  if (preempted.length === 0 && !named) return;
  await walk.list('PriorityClass');
  const nodes = new Set(preempted.map((it) => / on node (\S+)/.exec(it.message)?.[1] ?? '').filter((it) => it !== ''));
  await Promise.all(
    [...nodes].slice(0, 3).map((node) => walk.list('Pod', { fieldSelector: `spec.nodeName=${node}`, limit: 150 })),
  );
}

const usual = /^(?:kubectl|helm|kube-controller-manager|kube-scheduler|kubelet|argocd|flux|kustomize|terraform)/i;
const maxActors = 3;

/** Who else writes a workload that is not well: CronJobs of any namespace, the newest of their pods and its log. */
async function readPatchers(walk: ClusterWalk, own: readonly Workload[]): Promise<void> {
  if (!own.some((it) => it.object !== null && isWrittenBySomebody(it.object))) return;
  const actors = (await walk.list('CronJob', { limit: 100 })).filter(
    (it) => listAt(it, 'status', 'active').length > 0 || textAt(it, 'status', 'lastScheduleTime') !== '',
  );
  const recent = actors.toSorted((a, b) => (lastRun(a) < lastRun(b) ? 1 : -1)).slice(0, maxActors);
  await Promise.all(recent.map((actor) => readRuns(walk, actor)));
}

/** A field manager that is no common tool, or a spec that was changed several times. */
function isWrittenBySomebody(object: KubeObject): boolean {
  const managers = (object.metadata.managedFields ?? []).map((it) => it.manager ?? '');
  return managers.some((it) => it !== '' && !usual.test(it)) || (object.metadata.generation ?? 0) >= 3;
}

const lastRun = (cron: KubeObject): string => textAt(cron, 'status', 'lastScheduleTime');

async function readRuns(walk: ClusterWalk, actor: KubeObject): Promise<void> {
  const namespace = actor.metadata.namespace ?? '';
  const jobs = await walk.list('Job', { namespace });
  const names = jobs
    .filter((job) => (job.metadata.ownerReferences ?? []).some((it) => it.name === actor.metadata.name))
    .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1))
    .map((job) => job.metadata.name);
  const [newest] = names;
  if (newest === undefined) return;
  const pods = await walk.list('Pod', { namespace, labelSelector: `job-name=${newest}`, limit: 5 });
  const [pod] = pods;
  const container = textAt(listAt(pod, 'spec', 'containers')[0], 'name');
  if (pod && container !== '') await walk.log(namespace, pod.metadata.name, container, false);
}
