import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { selectorText } from '../../kube/selectors.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, dig, listAt, textAt, textsAt } from '../model/fields.ts';
import { podReferences } from '../model/pod-references.ts';
import { buildWorkloads } from '../model/workload.ts';
import { missingDriver } from '../signals/mount-events.ts';
import { driverDaemon } from '../signals/node-parts.ts';
import { controllerNames } from '../signals/removers.ts';
import type { ClusterWalk } from './cluster-walk.ts';
import { readBehind } from './read-named.ts';

const maxNodes = 2;
const maxApis = 3;
const maxDrivers = 2;

/**
 * What nodes and the control plane owe the pods of the incident, where an event or a condition speaks of it: network
 * plugins, volume drivers and attachments, aggregated APIs, and what holds a deletion. Nothing else costs a request.
 */
export async function readPlatform(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  await Promise.all([
    readNetworkPlugin(walk, graph),
    readDrivers(walk, graph),
    readAggregatedApis(walk, graph, focus),
    readDeletions(walk, graph, focus),
  ]);
}

/** The nodes that cannot make a sandbox, and the system's pods on the first of them. */
async function readNetworkPlugin(walk: ClusterWalk, graph: EvidenceGraph): Promise<void> {
  const failing = new Set(
    graph.events
      .filter((it) => it.reason === 'FailedCreatePodSandBox' && it.kind === 'Pod')
      .map((it) => `${it.objectNamespace}/${it.name}`),
  );
  if (failing.size === 0) return;
  const nodes = new Set(
    graph
      .all('Pod')
      .filter((pod) => failing.has(`${pod.metadata.namespace ?? ''}/${pod.metadata.name}`))
      .filter((pod) => conditionAt(pod, 'Ready', 'True') === undefined)
      .map((pod) => textAt(pod, 'spec', 'nodeName'))
      .filter((name) => name !== ''),
  );
  const [first] = nodes;
  if (first === undefined) return;
  await Promise.all([
    ...[...nodes].slice(0, maxNodes).map((name) => walk.get('Node', null, name)),
    walk.list('Pod', { namespace: 'kube-system', fieldSelector: `spec.nodeName=${first}`, limit: 60 }),
    walk.list('DaemonSet', { namespace: 'kube-system' }),
  ]);
}

/** A volume driver that a message misses: its registration, its DaemonSet and that one's pod on the node. */
async function readDrivers(walk: ClusterWalk, graph: EvidenceGraph): Promise<void> {
  const mounts = graph.events.filter((it) => it.reason === 'FailedMount' || it.reason === 'FailedAttachVolume');
  if (mounts.length === 0) return;
  const missing = new Map<string, string>();
  for (const event of mounts) {
    const driver = missingDriver(event.message);
    const node = textAt(graph.get('Pod', event.objectNamespace, event.name), 'spec', 'nodeName');
    if (driver !== null && node !== '') missing.set(driver, node);
  }
  if (missing.size === 0) return readAttachments(walk, graph);
  await walk.list('DaemonSet');
  await Promise.all(
    [...missing].slice(0, maxDrivers).map(async ([driver, node]) => {
      const daemon = driverDaemon(graph, driver);
      const labelSelector = selectorText(textsAt(daemon, 'spec', 'selector', 'matchLabels'));
      await Promise.all([
        walk.get('CSIDriver', null, driver),
        walk.get('CSINode', null, node),
        walk.get('Node', null, node),
        ...(daemon && labelSelector !== ''
          ? [walk.list('Pod', { namespace: daemon.metadata.namespace ?? '', labelSelector, limit: 60 })]
          : []),
      ]);
    }),
  );
}

/** Attachments where a pod waits for one, and the node that holds the volume. */
async function readAttachments(walk: ClusterWalk, graph: EvidenceGraph): Promise<void> {
  const attaching = graph.events.filter(
    (it) => it.reason === 'FailedAttachVolume' || /timed out waiting|unmounted volumes/.test(it.message),
  );
  const waiting = attaching
    .map((event) => graph.get('Pod', event.objectNamespace, event.name))
    .filter((pod) => pod !== null && conditionAt(pod, 'Ready', 'True') === undefined);
  if (!waiting.some((pod) => podReferences(pod?.['spec']).some((it) => it.kind === 'PersistentVolumeClaim'))) return;
  const attachments = await walk.list('VolumeAttachment', { limit: 200 });
  const bound = new Set(graph.all('PersistentVolumeClaim').map((claim) => textAt(claim, 'spec', 'volumeName')));
  const nodes = attachments
    .filter((it) => bound.has(textAt(it, 'spec', 'source', 'persistentVolumeName')))
    .map((it) => textAt(it, 'spec', 'nodeName'));
  await Promise.all([...new Set(nodes)].slice(0, maxNodes).map((name) => walk.get('Node', null, name)));
}

/** Aggregated APIs that a condition or an autoscaler says do not answer, down to the workload behind each. */
async function readAggregatedApis(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  const names = new Set(focus.filter((it) => it.kind === 'APIService').map((it) => it.name));
  for (const message of messagesAboutApis(graph)) {
    for (const [, group = '', version = ''] of message.matchAll(/([\w-]+(?:\.[\w-]+)+)\/(v\d\w*)/g))
      names.add(`${version}.${group}`);
    if (
      /metrics\.k8s\.io|resource metrics API|unable to get metrics for resource/i.test(message) &&
      !/(?:custom|external) metrics|(?:custom|external)\.metrics/i.test(message)
    )
      names.add('v1beta1.metrics.k8s.io');
    if (/external metrics API|external\.metrics\.k8s\.io/i.test(message)) names.add('v1beta1.external.metrics.k8s.io');
    if (/custom metrics API|custom\.metrics\.k8s\.io/i.test(message)) names.add('v1beta1.custom.metrics.k8s.io');
  }
  await Promise.all(
    [...names].slice(0, maxApis).map(async (name) => {
      const api = await walk.get('APIService', null, name);
      const service = textAt(api, 'spec', 'service', 'name');
      if (api === null || service === '' || conditionAt(api, 'Available', 'True') !== undefined) return;
      const found = await walk.get('Service', textAt(api, 'spec', 'service', 'namespace'), service);
      if (found) await readBehind(walk, found);
    }),
  );
}

function messagesAboutApis(graph: EvidenceGraph): string[] {
  const namespaces = graph.all('Namespace').map((it) => conditionAt(it, 'NamespaceDeletionDiscoveryFailure', 'True'));
  const autoscalers = graph
    .all('HorizontalPodAutoscaler')
    .flatMap((it) => listAt(it, 'status', 'conditions'))
    .filter(
      (condition) =>
        textAt(condition, 'status') === 'False' &&
        /unable to (?:get|fetch)|could not find|currently unable/.test(textAt(condition, 'message')),
    );
  return [...namespaces, ...autoscalers].map((it) => textAt(it, 'message')).filter((message) => message !== '');
}

/** What is left in a namespace that does not go, and the controllers that hold what does not go. */
async function readDeletions(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  for (const { kind, name } of focus.slice(0, 2)) {
    const namespace = kind === 'Namespace' ? graph.get('Namespace', null, name) : null;
    if (namespace?.metadata.deletionTimestamp !== undefined) await readRemaining(walk, namespace);
  }
  const held = graph.kinds
    .flatMap((kind) => graph.all(kind))
    .filter((object) => object.metadata.deletionTimestamp !== undefined);
  await readOwnDeletion(walk, held, focus);
  const foreign = held.filter((object) =>
    (object.metadata.finalizers ?? []).some((finalizer) => !/^kubernetes|^foreground|^orphan/.test(finalizer)),
  );
  const [first] = foreign;
  if (!first) return;
  await walk.list('Deployment');
  const names = controllerNames(first, first.metadata.finalizers?.[0] ?? '');
  const controller = buildWorkloads(graph).find(
    ({ entity }) =>
      entity.kind === 'Deployment' && names.some((name) => entity.name === name || entity.name.includes(name)),
  );
  const labelSelector = selectorText(textsAt(controller?.object, 'spec', 'selector', 'matchLabels'));
  if (!controller || labelSelector === '') return;
  const namespace = controller.entity.namespace ?? '';
  const [pod] = await walk.list('Pod', { namespace, labelSelector, limit: 5 });
  const container = textAt(listAt(pod, 'spec', 'containers')[0], 'name');
  if (pod && container !== '') await walk.log(namespace, pod.metadata.name, container, false);
}

/** The node of a pod that does not go, the claim of a volume. */
async function readOwnDeletion(
  walk: ClusterWalk,
  held: readonly KubeObject[],
  focus: readonly Entity[],
): Promise<void> {
  const names = new Set(focus.map((it) => it.name));
  const nodes = held.filter((it) => it.kind === 'Pod').map((pod) => textAt(pod, 'spec', 'nodeName'));
  const volumes = held.filter((it) => it.kind === 'PersistentVolume' && names.has(it.metadata.name));
  await Promise.all([
    ...[...new Set(nodes)]
      .filter((name) => name !== '')
      .slice(0, maxNodes)
      .map((name) => walk.get('Node', null, name)),
    ...volumes
      .slice(0, 1)
      .map((volume) =>
        walk.get(
          'PersistentVolumeClaim',
          textAt(volume, 'spec', 'claimRef', 'namespace'),
          textAt(volume, 'spec', 'claimRef', 'name'),
        ),
      ),
  ]);
}

const maxRemaining = 3;

/** The objects that a namespace's condition says remain, of kinds that are not read anyway. */
async function readRemaining(walk: ClusterWalk, namespace: KubeObject): Promise<void> {
  const message = textAt(conditionAt(namespace, 'NamespaceContentRemaining', 'True'), 'message');
  const resources = [...message.matchAll(/([a-z0-9-]+)\.([\w.-]*) has \d+ resource instances?/g)].filter(
    ([, , group = '']) => group.includes('.'),
  );
  await Promise.all(
    resources.slice(0, maxRemaining).map(async ([, plural = '', group = '']) => {
      const definition = await walk.get('CustomResourceDefinition', null, `${plural}.${group}`);
      const kind = textAt(definition, 'spec', 'names', 'kind');
      const version =
        listAt(definition, 'spec', 'versions').find((it) => dig(it, 'storage') === true) ??
        listAt(definition, 'spec', 'versions')[0];
      if (kind === '' || kindFacts(kind)) return;
      await walk.list(kind, { namespace: namespace.metadata.name, limit: 20 }, `${group}/${textAt(version, 'name')}`);
    }),
  );
}
