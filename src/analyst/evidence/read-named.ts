import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesLabels, selectorText } from '../../kube/selectors.ts';
import type { EvidenceGraph, LogFile } from '../model/evidence-graph.ts';
import { listAt, textAt } from '../model/fields.ts';
import { focusNamespaces } from '../model/focus.ts';
import { meshProxy, says } from '../model/lexicon.ts';
import { definitionName, hostsIn, unknownKindsIn } from '../model/names-in-text.ts';
import { parseLog } from '../model/parse-log.ts';
import { podReferences } from '../model/pod-references.ts';
import { clusterNames, selectedPods, serviceOfHost, serviceSelector } from '../model/services.ts';
import { buildWorkloads } from '../model/workload.ts';
import type { ClusterWalk } from './cluster-walk.ts';

const maxHosts = 6;
/** ConfigMaps and Secrets of a callee in another namespace. */
const maxReferences = 5;

/** What a log says in warnings or worse. */
interface Words {
  readonly log: LogFile;
  readonly text: string;
}

/** Follows what logs name: hosts to their Services, in other namespaces too, and to the DNS; 403 answers to the roles. */
export async function readNamedThings(
  walk: ClusterWalk,
  graph: EvidenceGraph,
  focus: readonly Entity[],
): Promise<void> {
  const namespaces = focusNamespaces(focus);
  const troubles = graph.logs.map((log) => ({ log, text: troubleText(log) })).filter((it) => it.text !== '');
  await Promise.all([
    readHosts(walk, graph, troubles),
    readDns(walk, graph, troubles),
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

async function readHosts(walk: ClusterWalk, graph: EvidenceGraph, troubles: readonly Words[]): Promise<void> {
  const hosts = new Map<string, Words>();
  for (const words of troubles) {
    for (const mention of hostsIn(words.text)) hosts.set(mention.host, words);
  }
  const reads = [...hosts].slice(0, maxHosts).map(async ([host, { log, text }]) => {
    const { namespace } = log;
    if (mayBeMesh.test(text)) await readMesh(walk, graph, host, namespace);
    const known = serviceOfHost(graph, host, namespace);
    if (known !== null && known.metadata.namespace === namespace) return readOneLog(walk, graph, known);
    const name = clusterNames(host, namespace)[0];
    if (!name) return;
    if (name.namespace !== namespace) return readElsewhere(walk, graph, name, text);
    const elsewhere = await walk.list('Service', { fieldSelector: `metadata.name=${name.service}`, limit: 20 });
    await Promise.all(elsewhere.slice(0, 2).map((service) => readBehind(walk, service)));
  });
  await Promise.all(reads);
}

/** What a proxy of a mesh answers, or does to those who speak plain text. */
const mayBeMesh = /RBAC: access denied|\b403\b|Forbidden|ECONNRESET|reset by peer|upstream connect error/i;

/** The policies of a mesh for a callee whose pods have a proxy beside them, with the log of one such proxy. */
async function readMesh(walk: ClusterWalk, graph: EvidenceGraph, host: string, namespace: string): Promise<void> {
  for (const name of clusterNames(host, namespace).slice(0, 1)) {
    const service =
      graph.get('Service', name.namespace, name.service) ?? (await walk.get('Service', name.namespace, name.service));
    if (!service) return;
    if (name.namespace !== namespace) await readBehind(walk, service);
    const pod = selectedPods(graph, service).find((it) => it.containers.some(isProxy));
    const proxy = pod?.containers.find(isProxy);
    if (!pod || !proxy) return;
    await Promise.all([
      walk.list('AuthorizationPolicy', { namespace: pod.namespace }, 'security.istio.io/v1'),
      walk.list('PeerAuthentication', { namespace: pod.namespace }, 'security.istio.io/v1'),
      walk.log(pod.namespace, pod.name, proxy.name, false),
    ]);
  }
}

const isProxy = ({ name }: { readonly name: string }): boolean => meshProxy.test(name);

/** A name in another namespace: what is behind it and why that is not well, or what there is instead. */
async function readElsewhere(
  walk: ClusterWalk,
  graph: EvidenceGraph,
  { service: name, namespace }: { service: string; namespace: string },
  text: string,
): Promise<void> {
  const service = await walk.get('Service', namespace, name);
  if (service) {
    const dropped = says.timedOut.test(text);
    await Promise.all([
      readBehind(walk, service).then(() => readWhyBad(walk, graph, service)),
      ...(dropped ? [walk.list('NetworkPolicy', { namespace }), walk.get('Namespace', null, namespace)] : []),
    ]);
    return;
  }
  if (await walk.get('Namespace', null, namespace)) {
    await Promise.all([walk.list('Service', { namespace }), walk.list('Deployment', { namespace })]);
    return;
  }
  const elsewhere = await walk.list('Service', { fieldSelector: `metadata.name=${name}`, limit: 20 });
  await Promise.all(elsewhere.slice(0, 2).map((found) => readBehind(walk, found)));
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

/** Why the pods behind a Service of another namespace are not well: events there, and what their containers are set up with. */
async function readWhyBad(walk: ClusterWalk, graph: EvidenceGraph, service: KubeObject): Promise<void> {
  const namespace = service.metadata.namespace ?? '';
  const pods = selectedPods(graph, service);
  const isWell = pods.every((pod) => pod.ready && pod.containers.every((it) => it.restarts === 0));
  if (pods.length > 0 && isWell) return;
  const events = await walk.list('Event', { namespace, limit: 200 });
  const messages = events.filter((it) => textAt(it, 'type') === 'Warning').map((it) => textAt(it, 'message'));
  const behind = buildWorkloads(graph).filter(
    ({ entity, templateLabels }) =>
      entity.namespace === namespace && matchesLabels(serviceSelector(service), templateLabels),
  );
  const references = behind.flatMap((it) => podReferences(it.template)).filter((it) => it.how !== 'imagePullSecret');
  const unique = [...new Map(references.map((it) => [`${it.kind} ${it.name}`, it])).values()].slice(0, maxReferences);
  await Promise.all([
    ...unique.map(({ kind, name }) => walk.get(kind, namespace, name)),
    ...(messages.some((it) => /quota/i.test(it))
      ? [walk.list('ResourceQuota', { namespace }), walk.list('LimitRange', { namespace })]
      : []),
  ]);
}

/** The cluster's DNS where a name does not resolve that should, or its servers do not answer. */
async function readDns(walk: ClusterWalk, graph: EvidenceGraph, troubles: readonly Words[]): Promise<void> {
  const isAsked = troubles.some(({ log, text }) => {
    if (!says.unresolved.test(text)) return false;
    if (says.resolverFailed.test(text)) return true;
    return hostsIn(text).some(({ host }) =>
      host.includes('.') && clusterNames(host, log.namespace).length === 0
        ? true
        : serviceOfHost(graph, host, log.namespace) !== null,
    );
  });
  if (!isAsked) return;
  const namespace = 'kube-system';
  const [service, pods] = await Promise.all([
    walk.get('Service', namespace, 'kube-dns'),
    walk.list('Pod', { namespace, labelSelector: 'k8s-app=kube-dns', limit: 5 }),
    walk.list('Deployment', { namespace }),
    walk.list('EndpointSlice', { namespace, labelSelector: 'kubernetes.io/service-name=kube-dns' }),
  ]);
  const [pod] = pods;
  if (!service && !pod) return;
  const container = listAt(pod, 'spec', 'containers')[0];
  const maps = podReferences(pod?.['spec']).filter((it) => it.kind === 'ConfigMap');
  const isUp = textAt(pod, 'status', 'phase') === 'Running';
  await Promise.all([
    ...maps.slice(0, 2).map(({ name }) => walk.get('ConfigMap', namespace, name)),
    ...(pod && container && isUp ? [walk.log(namespace, pod.metadata.name, textAt(container, 'name'), false)] : []),
  ]);
}

const maxDefinitions = 3;

/** Whether the kinds that a log misses are defined: one request a kind, as a list of all would be large. */
async function readDefinitions(walk: ClusterWalk, troubles: readonly Words[]): Promise<void> {
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

async function readRoles(walk: ClusterWalk, troubles: readonly Words[], namespace: string): Promise<void> {
  if (!troubles.some((it) => says.apiDenied.test(it.text))) return;
  // A binding may name the account in the namespace in which it was before.
  const accounts = new Set(troubles.map((it) => says.rightLacking.exec(it.text)?.[2] ?? ''));
  const [, bindings, clusterBindings] = await Promise.all([
    walk.list('Role', { namespace }),
    walk.list('RoleBinding', { namespace }),
    walk.list('ClusterRoleBinding'),
  ]);
  const roles = [...bindings, ...clusterBindings]
    .filter((it) => textAt(it, 'roleRef', 'kind') === 'ClusterRole')
    .filter((binding) =>
      listAt(binding, 'subjects').some(
        (subject) => textAt(subject, 'namespace') === namespace || accounts.has(textAt(subject, 'name')),
      ),
    )
    .map((it) => textAt(it, 'roleRef', 'name'));
  await Promise.all([...new Set(roles)].slice(0, 4).map((name) => walk.get('ClusterRole', null, name)));
}
