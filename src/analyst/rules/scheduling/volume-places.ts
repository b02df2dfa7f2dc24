import { parseQuantity } from '../../../kube/quantity.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { conditionAt, listAt, recordAt, textAt, textsAt } from '../../model/fields.ts';
import { allowedNodes, type Unscheduled } from '../../signals/unscheduled.ts';
import { type Conclusion, conclusion, edit, step } from '../rule.ts';

/** A volume that the scheduler cannot bring together with a node. */
export function volumes(waiting: Unscheduled): Conclusion | null {
  const { message } = waiting;
  if (/ReadWriteOncePod access mode already in-use/.test(message))
    return oncePod(waiting, claimNames(waiting)[0] ?? '');
  if (/volume node affinity conflict|didn't match PersistentVolume's node affinity/.test(message))
    return volumeAffinity(waiting);
  if (/didn't find available persistent volumes to bind|did not have enough free storage/.test(message))
    return nothingToBind(waiting);
  return /exceed max volume count/.test(message) ? tooManyVolumes(waiting) : null;
}

const claimNames = ({ pod }: Unscheduled): string[] =>
  listAt(pod.object, 'spec', 'volumes')
    .map((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName'))
    .filter((name) => name !== '');

function oncePod(waiting: Unscheduled, name: string): Conclusion {
  const { workload } = waiting;
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: waiting.pod.namespace, name };
  return conclusion('rwop-conflict', {
    entity: claim,
    mechanism: 'rwop_conflict',
    wrongValue: 'ReadWriteOncePod',
    statement: `The claim ${name} is ReadWriteOncePod and already in use by another pod, so the next pod of ${entityText(workload.entity)} cannot be placed.`,
    weight: 94,
    evidence: [waiting.ref, waiting.graph.refIn(claim, '"ReadWriteOncePod"')],
    affects: [workload.entity],
    ruledOut: 'free capacity: the message names the claim',
    remediation: edit(
      'Run one pod at a time (strategy Recreate, replicas 1), or use an access mode that may be shared',
      workload.entity,
      'medium',
    ),
  });
}

interface Place {
  readonly key: string;
  readonly value: string;
}

/** The first label and value of a volume's node affinity. */
function placeOf(volume: KubeObject | null): Place | null {
  for (const term of listAt(volume, 'spec', 'nodeAffinity', 'required', 'nodeSelectorTerms')) {
    for (const rule of listAt(term, 'matchExpressions')) {
      const value = listAt(rule, 'values')[0];
      if (typeof value === 'string') return { key: textAt(rule, 'key'), value };
    }
  }
  return null;
}

/** The claim whose volume no node that the pod may use can reach; the first one where that is not plain. */
function boundElsewhere(waiting: Unscheduled): { name: string; volume: KubeObject | null; place: Place | null } {
  const { graph, pod } = waiting;
  const nodes = allowedNodes(graph.all('Node'), pod.object);
  const all = claimNames(waiting).map((name) => {
    const volumeName = textAt(graph.get('PersistentVolumeClaim', pod.namespace, name), 'spec', 'volumeName');
    const volume = graph.get('PersistentVolume', null, volumeName);
    return { name, volume, place: placeOf(volume) };
  });
  const unreachable = all.find(
    ({ place }) => place !== null && !nodes.some((node) => node.metadata.labels?.[place.key] === place.value),
  );
  return unreachable ?? all.find(({ place }) => place !== null) ?? all[0] ?? { name: '', volume: null, place: null };
}

function volumeAffinity(waiting: Unscheduled): Conclusion {
  const { graph, pod, workload } = waiting;
  const { name, volume, place } = boundElsewhere(waiting);
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: pod.namespace, name };
  const volumeName = textAt(graph.get('PersistentVolumeClaim', pod.namespace, name), 'spec', 'volumeName');
  const home = place ? graph.all('Node').filter((node) => node.metadata.labels?.[place.key] === place.value) : [];
  const closed = closedHome(waiting, home, volumeName);
  if (closed) return closed;
  const pinned = Object.entries(textsAt(pod.object, 'spec', 'nodeSelector'))[0];
  const selector = pinned ? ` (its node selector is ${pinned.join('=')})` : '';
  const isGone = place !== null && home.length === 0 && graph.all('Node').length > 0;
  const gone = isGone
    ? `; no node ${place.key === 'kubernetes.io/hostname' ? 'of that name' : `with ${place.key}=${place.value}`} is left`
    : '';
  return conclusion('volume-affinity', {
    entity: volume ? entityOf(volume) : claim,
    mechanism: 'volume_affinity',
    wrongValue: place?.value ?? (volumeName || name),
    statement: `The volume ${volumeName || 'of the claim'} behind claim ${name} can only be used on ${place?.value ?? 'certain nodes'}, and ${entityText(workload.entity)} may not or cannot run there${selector}${gone}.`,
    weight: 93,
    evidence: [waiting.ref, place === null || !volume ? null : graph.refIn(entityOf(volume), `"${place.value}"`)],
    affects: [workload.entity],
    ruledOut: 'free capacity: the message names the volume',
    remediation: isGone
      ? edit(
          `Bring ${place.value} back, or restore the data of ${name} into a new claim and let ${workload.entity.name} use it`,
          workload.entity,
          'high',
        )
      : edit('Let the pod run where its volume is, or move the data to a volume that fits', workload.entity, 'medium'),
  });
}

/** The only nodes that reach a volume are there, the pod may use them, and they are cordoned or down. */
function closedHome(waiting: Unscheduled, home: readonly KubeObject[], volume: string): Conclusion | null {
  const { graph, pod, workload } = waiting;
  const [node, ...more] = allowedNodes(home, pod.object);
  if (!node || more.length > 0) return null;
  const isCordoned = textAt(node, 'spec', 'unschedulable') === 'true';
  const isDown = conditionAt(node, 'Ready', 'True') === undefined && listAt(node, 'status', 'conditions').length > 0;
  if (!isCordoned && !isDown) return null;
  const entity = entityOf(node);
  return conclusion(isDown ? 'volume-home-down' : 'volume-home-cordoned', {
    entity,
    mechanism: isDown ? 'node_down' : 'cordoned',
    wrongValue: isDown ? textAt(conditionAt(node, 'Ready'), 'reason') || 'NotReady' : 'unschedulable',
    statement: `The volume ${volume} of ${entityText(workload.entity)} lies on ${node.metadata.name}, the only node that reaches it, and that ${isDown ? 'is not ready' : 'is cordoned (spec.unschedulable)'}, so its pod has no place.`,
    weight: 94,
    evidence: [
      waiting.ref,
      isDown ? graph.refIn(entity, '"type": "Ready"') : graph.refIn(entity, '"unschedulable": true'),
      graph.refIn({ kind: 'PersistentVolume', namespace: null, name: volume }, '"nodeAffinity"'),
    ],
    affects: [entity, workload.entity],
    ruledOut: 'free capacity of the other nodes: the volume is not there',
    remediation: isDown
      ? []
      : step(
          `Uncordon ${node.metadata.name} when its maintenance is over`,
          `kubectl uncordon ${node.metadata.name}`,
          'low',
        ),
  });
}

/** A claim that waits for its pod, while no node that the pod may use could get a volume. */
function nothingToBind(waiting: Unscheduled): Conclusion | null {
  const { graph, pod, workload } = waiting;
  const claim = claimNames(waiting)
    .map((name) => graph.get('PersistentVolumeClaim', pod.namespace, name))
    .find((it) => it !== null && textAt(it, 'status', 'phase') !== 'Bound');
  if (!claim) return null;
  const name = textAt(claim, 'spec', 'storageClassName');
  const storage = graph.get('StorageClass', null, name);
  const nodes = allowedNodes(graph.all('Node'), pod.object);
  const topology = listAt(storage, 'allowedTopologies').flatMap((it) => listAt(it, 'matchLabelExpressions'));
  const shut = topology.find(
    (rule) => !nodes.some((node) => listAt(rule, 'values').includes(node.metadata.labels?.[textAt(rule, 'key')] ?? '')),
  );
  if (storage && shut !== undefined && nodes.length > 0) return topologyOf(waiting, claim, storage, shut);
  const size = textAt(claim, 'spec', 'resources', 'requests', 'storage');
  const free = graph
    .all('PersistentVolume')
    .filter((it) => textAt(it, 'status', 'phase') === 'Available' && textAt(it, 'spec', 'storageClassName') === name);
  const large = free.filter(
    (it) => (parseQuantity(textAt(it, 'spec', 'capacity', 'storage')) ?? 0) >= (parseQuantity(size) ?? 0),
  );
  const why = /enough free storage/.test(waiting.message)
    ? `no node that it may use has ${size} of free storage`
    : free.length === 0
      ? 'no volume of that class is available'
      : large.length === 0
        ? `none of the ${free.length} available volumes of that class has ${size}`
        : `the available volumes of that class (${large.map((it) => it.metadata.name).join(', ')}) lie on nodes that the pod may not use`;
  return conclusion('nothing-to-bind', {
    entity: entityOf(claim),
    mechanism: 'no_matching_pv',
    wrongValue: free.length > 0 && large.length === 0 ? size : name || size,
    statement: `The claim ${claim.metadata.name} of ${entityText(workload.entity)} (class ${name || 'none'}) gets its volume when its pod has a node, and there is none for it: ${why}.`,
    weight: 93,
    evidence: [
      waiting.ref,
      graph.fieldRef(claim, 'storageClassName', name),
      graph.fieldRef(claim, 'storage', size),
      ...large.slice(0, 1).map((it) => graph.refIn(entityOf(it), '"nodeAffinity"')),
    ],
    affects: [entityOf(claim), workload.entity],
    ruledOut: 'the class itself: it waits for the first consumer by design',
    remediation: edit(
      `Provide a volume of class ${name || '""'} with ${size} where ${workload.entity.name} may run, or loosen its node selector`,
      workload.entity,
      'medium',
    ),
  });
}

function topologyOf(waiting: Unscheduled, claim: KubeObject, storage: KubeObject, rule: unknown): Conclusion {
  const { graph, workload } = waiting;
  const key = textAt(rule, 'key');
  const values = listAt(rule, 'values').map(String);
  const entity = entityOf(storage);
  return conclusion('class-topology', {
    entity,
    mechanism: 'volume_affinity',
    wrongValue: values[0] ?? key,
    statement: `StorageClass ${entity.name} makes volumes only where ${key} is ${values.join(' or ')}, and no node that ${entityText(workload.entity)} may use has that, so claim ${claim.metadata.name} and its pod wait for each other.`,
    weight: 94,
    evidence: [
      waiting.ref,
      graph.refIn(entity, `"${values[0] ?? ''}"`),
      graph.fieldRef(claim, 'storageClassName', entity.name),
    ],
    affects: [entityOf(claim), workload.entity],
    ruledOut: 'free capacity: the message names the volume',
    remediation: edit(
      `Use a class for the zone in which ${workload.entity.name} may run, or let its pods go to ${values.join(' or ')}`,
      workload.entity,
      'medium',
    ),
  });
}

function tooManyVolumes(waiting: Unscheduled): Conclusion {
  const { graph, workload } = waiting;
  const limits = graph
    .all('CSINode')
    .flatMap((it) => listAt(it, 'spec', 'drivers').map((driver) => recordAt(driver, 'allocatable')['count']));
  const limit = limits.find((it) => typeof it === 'number');
  return conclusion('volume-count', {
    entity: workload.entity,
    mechanism: 'other',
    wrongValue: limit === undefined ? null : String(limit),
    statement: `The nodes have as many volumes attached as their driver allows${limit === undefined ? '' : ` (${String(limit)})`}, so the pod of ${entityText(workload.entity)} with its volume has no place.`,
    weight: 92,
    confidence: 'medium',
    evidence: [waiting.ref],
    ruledOut: 'CPU and memory: the message names the number of volumes',
    remediation: step(
      'Add a node, or free volumes on one; the limit is that of the machine type',
      'kubectl get csinode',
      'none',
    ),
  });
}
