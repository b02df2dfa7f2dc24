import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { type ContainerView, containerSpec, type PodView, type Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, type Rule, step } from '../rule.ts';

export const stuckRevisionRules: readonly Rule[] = [
  {
    id: 'stuck-revision',
    catalogue: [62],
    needs: 'a StatefulSet with a pod that is not ready and whose template has been changed since the pod was made',
    unless: 'a pod of the wanted revision fails too, or the pod has what the template says now',
    conclude: ({ graph, workloads }) => workloads.flatMap((workload) => stuck(graph, workload) ?? []),
  },
];

/** A pod of another revision that is not ready; null where one of the wanted revision is not ready either. */
function leftBehind(pods: readonly PodView[], wanted: string): PodView | null {
  const broken = pods.filter((pod) => !pod.ready && !pod.deleting);
  if (broken.some((pod) => revisionOf(pod) === wanted)) return null;
  return broken.find((pod) => revisionOf(pod) !== '') ?? null;
}

/**
 * A StatefulSet that goes pod by pod waits for a broken pod to be ready before it touches it, also when its template has been
 * corrected since: somebody has to delete that pod.
 */
function stuck(graph: EvidenceGraph, workload: Workload): Conclusion | null {
  const { entity, object, pods } = workload;
  if (entity.kind !== 'StatefulSet' || !object) return null;
  const wanted = textAt(object, 'status', 'updateRevision');
  const policy = textAt(object, 'spec', 'podManagementPolicy') || 'OrderedReady';
  const onDelete = textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  const pod = leftBehind(pods, wanted);
  if (!pod || wanted === '' || (policy !== 'OrderedReady' && !onDelete)) return null;
  const bad = pod.containers.find((one) => !one.ready && (one.waitingReason !== '' || one.terminated !== null));
  const change = bad ? changed(workload, bad) : null;
  if (!bad || change === null) return null;
  const state = bad.waitingReason || bad.terminated?.reason || 'not ready';
  const why = onDelete
    ? 'its update strategy is OnDelete: no pod is replaced before somebody deletes it'
    : 'with OrderedReady it waits for that pod to be ready before it replaces it';
  return conclusion('stuck-revision', {
    entity,
    mechanism: 'rollout_deadlock',
    wrongValue: onDelete ? 'OnDelete' : policy,
    statement: `${entityText(entity)} has been changed since pod ${pod.name} was made (${change.what} of container ${bad.name}: ${change.was} in the pod, ${change.now} now), but the pod is still of the old revision and does not get ready (${state}): ${why}. Delete the pod, so that it is made anew.`,
    weight: 96,
    confidence: decides(bad, change) ? 'high' : 'medium',
    evidence: [
      graph.fieldRef(pod.object, 'controller-revision-hash', revisionOf(pod)),
      graph.fieldRef(object, 'updateRevision', wanted),
      graph.fieldRef(object, 'podManagementPolicy', policy),
      graph.fieldRef(pod.object, 'reason', state),
    ],
    ruledOut: 'the template as it is now: this pod does not have it',
    remediation: step(
      `Delete pod ${pod.name}; the StatefulSet makes it anew from the template of now, with its volume`,
      `kubectl -n ${pod.namespace} delete pod ${pod.name}`,
      'medium',
      false,
    ),
  });
}

const revisionOf = (pod: PodView): string => pod.object.metadata.labels?.['controller-revision-hash'] ?? '';

interface Change {
  readonly what: 'image' | 'command' | 'environment' | 'resources';
  readonly was: string;
  readonly now: string;
}

/** What of a container is other in the template than in the pod. */
function changed(workload: Workload, container: ContainerView): Change | null {
  const now = containerSpec(workload, container.name);
  if (textAt(now, 'image') !== container.image)
    return { what: 'image', was: container.image, now: textAt(now, 'image') };
  const parts: readonly (readonly [Change['what'], (spec: unknown) => string])[] = [
    ['command', (spec) => [...listAt(spec, 'command'), ...listAt(spec, 'args')].map(String).join(' ')],
    [
      'environment',
      (spec) => [...listAt(spec, 'env'), ...listAt(spec, 'envFrom')].map((one) => JSON.stringify(one)).join(' '),
    ],
    ['resources', (spec) => JSON.stringify((spec as { resources?: unknown } | undefined)?.resources ?? {})],
  ];
  for (const [what, read] of parts) {
    const [was, is] = [read(container.spec), read(now)];
    if (was !== is) return { what, was: short(was), now: short(is) };
  }
  return null;
}

const short = (text: string): string => (text === '' ? 'none' : text.length <= 120 ? text : `${text.slice(0, 119)}…`);

/** Whether what was changed is what the pod fails at: an image that is not pulled, a reference that is not found, memory. */
function decides({ waitingReason, terminated, lastTerminated }: ContainerView, { what }: Change): boolean {
  if (what === 'image') return /Image|Pull/.test(waitingReason);
  if (what === 'environment') return waitingReason === 'CreateContainerConfigError';
  if (what === 'command')
    return /RunContainerError|StartError/.test(`${waitingReason} ${lastTerminated?.reason ?? ''}`);
  return [terminated, lastTerminated].some((end) => end?.reason === 'OOMKilled');
}
