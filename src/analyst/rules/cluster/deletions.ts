import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { oneLine, sentence } from '../../../lib/text.ts';
import { entityOf, entityText, rootOwner } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, listAt, textAt, timeAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import { removerOf } from '../../signals/removers.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const deletionRules: readonly Rule[] = [
  {
    id: 'finalizer',
    catalogue: [110],
    needs: 'an object with a deletionTimestamp and finalizers, and who is to remove them',
    unless: 'the deletion is minutes old, or the finalizer is one that Kubernetes takes off in time',
    conclude: (view) => terminating(view.graph).flatMap((object) => held(view, object) ?? []),
  },
  {
    id: 'deletion-in-use',
    catalogue: [110],
    needs: 'a claim or volume in deletion that something still uses',
    unless: 'no pod that has not ended mounts the claim, and no claim is bound to the volume',
    conclude: (view) => terminating(view.graph).flatMap((object) => inUse(view, object) ?? []),
  },
  {
    id: 'pod-stays',
    catalogue: [110],
    needs: 'a pod whose deletion is overdue without a finalizer, and its node',
    unless: 'the grace of the pod is not over, or a finalizer holds it',
    conclude: (view) => view.graph.all('Pod').flatMap((pod) => overdue(view, pod) ?? []),
  },
];

/** A deletion may take so long before it counts. */
const graceMs = 30_000;
const maxTerminating = 50;
const maxSaid = 300;

/** Objects of every kind whose deletion does not end, at most 50. */
function terminating(graph: EvidenceGraph): readonly KubeObject[] {
  return graph.kinds
    .flatMap((kind) => graph.all(kind).filter((object) => object.metadata.deletionTimestamp !== undefined))
    .filter((object) => graph.now - (timeAt(object, 'metadata', 'deletionTimestamp') ?? graph.now) >= graceMs)
    .slice(0, maxTerminating);
}

/** `has been terminating since …`. */
export const sinceText = (object: KubeObject): string =>
  `has been terminating since ${new Date(timeAt(object, 'metadata', 'deletionTimestamp') ?? 0).toISOString()}`;

/** Finalizers that Kubernetes itself handles go in time, unless the object is still used. */
const ownFinalizers: ReadonlySet<string> = new Set([
  'kubernetes.io/pvc-protection',
  'kubernetes.io/pv-protection',
  'foregroundDeletion',
  'orphan',
  'kubernetes',
  'batch.kubernetes.io/job-tracking',
  'customresourcecleanup.apiextensions.k8s.io',
]);

function foreign(object: KubeObject): readonly string[] {
  const all = [...(object.metadata.finalizers ?? []), ...listAt(object, 'spec', 'finalizers').map(String)];
  return all.filter((candidate) => !ownFinalizers.has(candidate));
}

/** An object that is held by a finalizer of somebody who does not come. */
function held(view: RuleView, object: KubeObject): Conclusion | null {
  const { graph } = view;
  const finalizers = foreign(object);
  const [first] = finalizers;
  if (first === undefined) return null;
  const entity = entityOf(object);
  const remover = removerOf(view, object, first);
  const namespace = entity.namespace === null ? null : graph.get('Namespace', null, entity.namespace);
  const event = graph.eventsOf(entity).findLast((one) => one.warning);
  const said = event === undefined ? '' : ` ${event.reason}: ${oneLine(event.message, maxSaid)}`;
  const withNamespace = namespace?.metadata.deletionTimestamp === undefined ? [] : [entityOf(namespace)];
  return conclusion('finalizer', {
    entity,
    mechanism: 'finalizer_stuck',
    wrongValue: first,
    statement: `${entityText(entity)} ${sinceText(object)} and is held by the finalizer ${finalizers.join(', ')}, which nobody removes. ${sentence(remover.text)}${said}`,
    weight: 93,
    evidence: [
      graph.fieldRef(object, 'deletionTimestamp', object.metadata.deletionTimestamp),
      graph.refIn(entity, `"${first}"`),
      ...remover.refs,
      graph.eventRef(event),
    ],
    affects: [entity, rootOwner(graph, object), ...withNamespace, ...remover.affects],
    remediation: [
      step(event === undefined ? remover.todo : (missedBy(event.message) ?? remover.todo), commandFor(object), 'none'),
      step(
        `Only when that controller is gone for good: do its cleaning up by hand, then take the finalizer ${first} off ${entity.name}`,
        null,
        'high',
        false,
      ),
    ],
  });
}

/** What to do where a remover says that an object is gone which it needs: the object, not the remover, is to be mended. */
function missedBy(message: string): string | null {
  const [, type, name] = /\b([a-z][a-z0-9]*(?:\.[a-z0-9.-]+)?) "([^"]{1,253})" not found/.exec(message) ?? [];
  if (type === undefined || name === undefined) return null;
  return `Make ${type} "${name}" again, at least until the deletion has ended: its remover asks for it and does not find it`;
}

function commandFor({ kind, metadata: { namespace, name } }: KubeObject): string {
  return `kubectl ${namespace === undefined ? '' : `-n ${namespace} `}get ${kind.toLowerCase()} ${name} -o yaml`;
}

/** Claims and volumes wait by design for what uses them: who that is, is the answer. */
function inUse(view: RuleView, object: KubeObject): Conclusion | null {
  const { graph } = view;
  const entity = entityOf(object);
  const finalizers = object.metadata.finalizers ?? [];
  if (object.kind === 'PersistentVolumeClaim' && finalizers.includes('kubernetes.io/pvc-protection')) {
    const pods = usersOf(graph, object);
    const [pod] = pods;
    if (!pod) return null;
    const owner = rootOwner(graph, pod);
    return conclusion('claim-in-use', {
      entity,
      mechanism: 'finalizer_stuck',
      wrongValue: 'kubernetes.io/pvc-protection',
      statement: `${entityText(entity)} ${sinceText(object)}: Kubernetes keeps it (kubernetes.io/pvc-protection) as long as ${names(pods)} of ${entityText(owner)} ${pods.length === 1 ? 'uses' : 'use'} it. Its data is there until they end.`,
      weight: 92,
      evidence: [
        graph.fieldRef(object, 'deletionTimestamp', object.metadata.deletionTimestamp),
        graph.refIn(entity, '"kubernetes.io/pvc-protection"'),
        graph.fieldRef(pod, 'claimName', entity.name),
      ],
      affects: [entity],
      ruledOut: 'a controller that is gone: the finalizer is Kubernetes’ own',
      remediation: step(
        `Decide whether the claim shall go: if so, end ${entityText(owner)}; if not, copy its data before anybody does, because the deletion cannot be taken back`,
        `kubectl -n ${entity.namespace} describe pvc ${entity.name}`,
        'none',
      ),
    });
  }
  if (object.kind !== 'PersistentVolume' || !finalizers.includes('kubernetes.io/pv-protection')) return null;
  const claimName = textAt(object, 'spec', 'claimRef', 'name');
  const claim = graph.get('PersistentVolumeClaim', textAt(object, 'spec', 'claimRef', 'namespace'), claimName);
  if (!claim) return null;
  return conclusion('volume-in-use', {
    entity,
    mechanism: 'finalizer_stuck',
    wrongValue: 'kubernetes.io/pv-protection',
    statement: `${entityText(entity)} ${sinceText(object)}: Kubernetes keeps it (kubernetes.io/pv-protection) as long as ${entityText(entityOf(claim))} is bound to it.`,
    weight: 92,
    evidence: [
      graph.fieldRef(object, 'deletionTimestamp', object.metadata.deletionTimestamp),
      graph.refIn(entity, '"kubernetes.io/pv-protection"'),
      graph.fieldRef(claim, 'volumeName', entity.name),
    ],
    remediation: step(`Decide whether ${entityText(entityOf(claim))} may go first`, commandFor(claim), 'none'),
  });
}

/** Pods that have not ended and mount a claim. */
function usersOf(graph: EvidenceGraph, claim: KubeObject): readonly KubeObject[] {
  return graph
    .all('Pod', claim.metadata.namespace ?? null)
    .filter((pod) => !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')))
    .filter((pod) =>
      podReferences(pod['spec']).some(
        (reference) => reference.kind === 'PersistentVolumeClaim' && reference.name === claim.metadata.name,
      ),
    );
}

function names(pods: readonly KubeObject[]): string {
  const shown = pods
    .slice(0, 3)
    .map((pod) => pod.metadata.name)
    .join(', ');
  return pods.length > 3 ? `${shown} and ${pods.length - 3} more pods` : shown;
}

/** A pod whose grace is over: its node cannot end it, or is gone. */
function overdue({ graph }: RuleView, pod: KubeObject): Conclusion | null {
  const until = timeAt(pod, 'metadata', 'deletionTimestamp');
  if (until === null || graph.now - until < graceMs || (pod.metadata.finalizers ?? []).length > 0) return null;
  const node = textAt(pod, 'spec', 'nodeName');
  const entity = { kind: 'Node', namespace: null, name: node };
  const affects = [rootOwner(graph, pod), entityOf(pod)];
  const gone = node === '' ? null : graph.absent('Node', null, node);
  const object = node === '' ? null : graph.get('Node', null, node);
  const deleted = graph.fieldRef(pod, 'deletionTimestamp', pod.metadata.deletionTimestamp);
  const start = `Pod ${pod.metadata.name} ${sinceText(pod)}`;
  if (gone || (object && conditionAt(object, 'Ready', 'True') === undefined)) {
    return conclusion('pod-stays', {
      // A node that is gone is nothing that anybody can change: the pod is.
      entity: gone ? entityOf(pod) : entity,
      mechanism: 'node_down',
      wrongValue: gone ? node : textAt(conditionAt(object, 'Ready'), 'reason') || 'Ready',
      statement: `${start} because its node ${node} ${gone ? 'does not exist any more' : 'does not report'}: nobody there can say that its containers have ended.`,
      weight: 97,
      evidence: [deleted, gone, object ? graph.fieldRef(object, 'type', 'Ready') : null],
      affects,
      ruledOut: 'finalizers: the pod has none',
      remediation: step(
        `Bring ${node} back; only when it is off for sure, delete the pod by force (two pods of a StatefulSet could write to one volume otherwise)`,
        `kubectl describe node ${node}`,
        'none',
      ),
    });
  }
  const event = graph
    .eventsOf(entityOf(pod))
    .findLast((it) => it.warning && /FailedKillPod|Unmount|KillContainer/i.test(`${it.reason} ${it.message}`));
  if (!event) return null;
  return conclusion('pod-stays', {
    entity,
    mechanism: 'other',
    wrongValue: event.reason,
    statement: `${start} because node ${node} cannot end it: ${event.message.slice(0, 300)}`,
    weight: 90,
    confidence: 'medium',
    evidence: [deleted, graph.eventRef(event)],
    affects,
    ruledOut: 'finalizers: the pod has none',
    remediation: step(`Look at kubelet and container runtime of ${node}`, `kubectl describe node ${node}`, 'none'),
  });
}
