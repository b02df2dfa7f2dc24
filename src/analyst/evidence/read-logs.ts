import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { selectorText } from '../../kube/selectors.ts';
import { entityKey } from '../model/entities.ts';
import type { EvidenceGraph, LogFile } from '../model/evidence-graph.ts';
import { listAt, textAt } from '../model/fields.ts';
import { focusNamespaces } from '../model/focus.ts';
import { says } from '../model/lexicon.ts';
import { definitionName, hostsIn, unknownKindsIn } from '../model/names-in-text.ts';
import { parseLog } from '../model/parse-log.ts';
import { clusterNames, selectedPods, serviceOfHost, serviceSelector } from '../model/services.ts';
import { buildWorkloads, type ContainerView, type PodView, type Workload } from '../model/workload.ts';
import type { ClusterWalk } from './cluster-walk.ts';

/** Kept for what comes after the logs: names in them that have to be followed. */
const reserve = 12;
const maxPods = 14;

/**
 * Logs of the pods that are not well, those of the incident first, the run before the current one; then one good pod of
 * the incident's workloads, to compare with.
 */
export async function readLogs(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  const keys = new Set(focus.map(entityKey));
  const workloads = buildWorkloads(graph);
  const own = workloads.filter((it) => isFocus(it, keys));
  const others = workloads.filter((it) => !isFocus(it, keys));
  const wanted: { pod: PodView; container: ContainerView }[] = [];
  for (const workload of own) wanted.push(...samples(workload, true));
  for (const workload of others) wanted.push(...samples(workload, false));
  const pods = new Set<string>();
  const reads: Promise<void>[] = [];
  for (const { pod, container } of wanted) {
    pods.add(pod.name);
    if (pods.size > maxPods) break;
    const cost = container.restarts > 0 ? 2 : 1;
    if (walk.budget.left - reads.length < reserve + cost) break;
    if (container.restarts > 0) reads.push(walk.log(pod.namespace, pod.name, container.name, true));
    reads.push(walk.log(pod.namespace, pod.name, container.name, false));
  }
  await Promise.all(reads);
}

function isFocus(workload: Workload, keys: ReadonlySet<string>): boolean {
  return (
    keys.has(entityKey(workload.entity)) ||
    workload.jobs.some((job) => keys.has(entityKey({ ...workload.entity, kind: 'Job', name: job.metadata.name }))) ||
    workload.pods.some((pod) => keys.has(entityKey({ ...workload.entity, kind: 'Pod', name: pod.name })))
  );
}

/** One bad pod of each revision, and a good one of the incident's own workloads. */
function samples(workload: Workload, own: boolean): { pod: PodView; container: ContainerView }[] {
  const bad = workload.pods.filter((pod) => !isWell(pod));
  const good = workload.pods.filter(isWell);
  const picked = [...bad.slice(0, own ? 3 : 1), ...good.slice(0, own ? 1 : 0)];
  return picked.flatMap((pod) =>
    pod.containers
      .filter((container) => hasLog(container))
      .sort((a, b) => badness(b) - badness(a))
      .slice(0, 3)
      .map((container) => ({ pod, container })),
  );
}

function isWell(pod: PodView): boolean {
  if (pod.phase === 'Succeeded') return true;
  return pod.ready && pod.containers.every((it) => it.restarts === 0);
}

const hasLog = (container: ContainerView): boolean =>
  container.running || container.restarts > 0 || container.terminated !== null || container.lastTerminated !== null;

function badness(container: ContainerView): number {
  if (container.waitingReason !== '') return 4;
  if ((container.terminated?.exitCode ?? 0) !== 0) return 3;
  return (container.restarts > 0 ? 2 : 0) + (container.ready ? 0 : 1);
}

const maxHosts = 6;

/** Follows what logs and settings name: hosts to their Services, in other namespaces too; 403 answers to the roles. */
export async function readNamedThings(
  walk: ClusterWalk,
  graph: EvidenceGraph,
  focus: readonly Entity[],
): Promise<void> {
  const namespaces = focusNamespaces(focus);
  const troubles = graph.logs.map((log) => ({ log, text: troubleText(log) })).filter((it) => it.text !== '');
  await Promise.all([
    readHosts(walk, graph, troubles),
    readDefinitions(walk, troubles),
    readLeases(walk, graph, focus),
    ...namespaces.slice(0, 1).map((namespace) => readRoles(walk, troubles, namespace)),
  ]);
}

/** Warnings and worse of a log, bounded. */
function troubleText(log: LogFile): string {
  return parseLog(log.text)
    .filter((it) => it.level !== 'info')
    .map((it) => `${it.error} ${it.message}`)
    .slice(-40)
    .join('\n');
}

async function readHosts(
  walk: ClusterWalk,
  graph: EvidenceGraph,
  troubles: readonly { log: LogFile; text: string }[],
): Promise<void> {
  const hosts = new Map<string, string>();
  for (const { log, text } of troubles) {
    for (const mention of hostsIn(text)) hosts.set(mention.host, log.namespace);
  }
  const reads = [...hosts].slice(0, maxHosts).map(async ([host, namespace]) => {
    const known = serviceOfHost(graph, host, namespace);
    if (known !== null) return readOneLog(walk, graph, known);
    const name = clusterNames(host, namespace)[0];
    if (!name) return;
    if (name.namespace !== namespace) {
      const service = await walk.get('Service', name.namespace, name.service);
      if (service) return readBehind(walk, service);
      await walk.get('Namespace', null, name.namespace);
    }
    const elsewhere = await walk.list('Service', { fieldSelector: `metadata.name=${name.service}`, limit: 20 });
    await Promise.all(elsewhere.slice(0, 2).map((service) => readBehind(walk, service)));
  });
  await Promise.all(reads);
}

/** The log of one pod behind a Service that is called in vain: it tells where the program listens. */
async function readOneLog(walk: ClusterWalk, graph: EvidenceGraph, service: KubeObject): Promise<void> {
  const pod = selectedPods(graph, service).find((it) => it.containers.some((container) => container.running));
  const container = pod?.containers.find((it) => it.running && !it.init);
  if (pod && container) await walk.log(pod.namespace, pod.name, container.name, false);
}

/** Endpoints, pods and workloads behind a Service of another namespace. */
export async function readBehind(walk: ClusterWalk, service: KubeObject): Promise<void> {
  const namespace = service.metadata.namespace ?? '';
  const labelSelector = selectorText(serviceSelector(service));
  await Promise.all([
    walk.list('EndpointSlice', { namespace, labelSelector: `kubernetes.io/service-name=${service.metadata.name}` }),
    walk.list('Deployment', { namespace }),
    ...(labelSelector === '' ? [] : [walk.list('Pod', { namespace, labelSelector, limit: 20 })]),
    ...(labelSelector === '' ? [] : [walk.list('ReplicaSet', { namespace, labelSelector, limit: 20 })]),
  ]);
}

const maxDefinitions = 3;

/** Whether the kinds that a log misses are defined: one request a kind, as a list of all would be large. */
async function readDefinitions(walk: ClusterWalk, troubles: readonly { log: LogFile; text: string }[]): Promise<void> {
  const names = troubles.flatMap(({ text }) => unknownKindsIn(text).map(definitionName)).filter((it) => it !== null);
  const unique = [...new Set(names)].slice(0, maxDefinitions);
  await Promise.all(unique.map((name) => walk.get('CustomResourceDefinition', null, name)));
}

/** The leases that replicas of the incident say they wait for; all of their namespace where none is named. */
async function readLeases(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  const namespaces = new Set(focusNamespaces(focus));
  const waiting = graph.logs.filter((log) => namespaces.has(log.namespace) && says.waitsToLead.test(log.text));
  const [first] = waiting;
  if (!first) return;
  const named = /lease "?([\w.-]+)\/([\w-]+(?:\.[\w-]+)*)/.exec(first.text);
  if (named) await walk.get('Lease', named[1] ?? '', named[2] ?? '');
  else await walk.list('Lease', { namespace: first.namespace, limit: 50 });
}

async function readRoles(
  walk: ClusterWalk,
  troubles: readonly { log: LogFile; text: string }[],
  namespace: string,
): Promise<void> {
  if (!troubles.some((it) => says.apiDenied.test(it.text))) return;
  const [, bindings, clusterBindings] = await Promise.all([
    walk.list('Role', { namespace }),
    walk.list('RoleBinding', { namespace }),
    walk.list('ClusterRoleBinding'),
  ]);
  const roles = [...bindings, ...clusterBindings]
    .filter((it) => textAt(it, 'roleRef', 'kind') === 'ClusterRole')
    .filter((it) => listAt(it, 'subjects').some((subject) => textAt(subject, 'namespace') === namespace))
    .map((it) => textAt(it, 'roleRef', 'name'));
  await Promise.all([...new Set(roles)].slice(0, 4).map((name) => walk.get('ClusterRole', null, name)));
}
