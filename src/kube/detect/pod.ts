import { plural } from '../../lib/text.ts';
import { holdsRoomFree, wasTakenAway } from '../by-design.ts';
import type { KubeObject } from '../cluster-reader.ts';
import { isHealthy } from '../health.ts';
import { matchesSelector } from '../selectors.ts';
import { type Pod, type Workload, conditionOf, conditionTime, controllerOf, items, timeOf } from '../objects.ts';
import { containerFinding } from './container.ts';
import { newestEvent } from './event-time.ts';
import { scaleUpUnderWay } from './scale-up.ts';
import { type DetectContext, type Finding, finding, sentence } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

/** A pod may be without a node for so long before it counts as unschedulable: clusters add nodes. */
const unschedulableGraceMs = 30_000;
/** A pod may be without any sign of a scheduler, behind a gate, or in ContainerCreating for so long. */
const pendingGraceMs = 5 * 60_000;
/** An ended pod that its controller has replaced is history after this. */
const endedHistoryMs = 60 * 60_000;

const mountReasons = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume']);

/** Faults of a pod: crash loops, image pulls, waiting errors, unschedulable, failed, evicted, init containers. */
export function detectPod(object: KubeObject, context: DetectContext): Finding[] {
  const pod = object as Pod;
  if (pod.metadata.deletionTimestamp) return stuckDeletion(pod, context);
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return endedPod(pod, context);
  const containers = [
    ...items(pod.status?.initContainerStatuses).map((status) => containerFinding(pod, status, true, context.now)),
    ...items(pod.status?.containerStatuses).map((status) => containerFinding(pod, status, false, context.now)),
  ].filter((found) => found !== null);
  if (containers.length > 0) return containers;
  return phase === 'Pending' || phase === undefined ? pendingPod(pod, context) : [];
}

/** Failed pods of a Job are the Job's to tell: it retries them, and says when it gives up. */
function endedPod(pod: Pod, context: DetectContext): Finding[] {
  const since = endedAt(pod);
  const owner = controllerOf(pod);
  if (owner && isHistory(pod, owner, since, context)) return [];
  const disruption = conditionOf(pod.status?.conditions, 'DisruptionTarget');
  if (
    pod.status?.reason === 'Evicted' ||
    (disruption?.status === 'True' && disruption.reason === 'TerminationByKubelet')
  ) {
    const message = pod.status?.message ?? disruption?.message;
    return [finding('Evicted', pod, sentence('Pod was evicted', { message }), { since })];
  }
  if (pod.status?.phase !== 'Failed') return [];
  const crashed = items(pod.status.containerStatuses).flatMap(
    (status) => containerFinding(pod, status, false, context.now) ?? [],
  );
  const init = items(pod.status.initContainerStatuses).flatMap(
    (status) => containerFinding(pod, status, true, context.now) ?? [],
  );
  const reason = pod.status.reason;
  if (!reason && crashed.length + init.length > 0) return [...init, ...crashed];
  const text = sentence('Pod failed', { reason, message: pod.status.message });
  return [finding('PodFailed', pod, text, { since })];
}

type Owner = NonNullable<ReturnType<typeof controllerOf>>;

/** An ended pod that its controller has replaced, or will retry, is not the pod's to tell. */
function isHistory(pod: Pod, owner: Owner, since: number | null, context: DetectContext): boolean {
  if (owner.kind === 'Job' || wasTakenAway(pod)) return true;
  return (since !== null && context.now - since > endedHistoryMs) || isReplaced(pod, owner, context);
}

/** So many ended pods of one owner within the history are no single one that is over. */
const manyEnded = 3;

/** Whether the workload of an ended pod is well without it, and lost no others: what is left of the pod is no fault. */
function isReplaced(pod: Pod, owner: Owner, context: DetectContext): boolean {
  const workload = workloadOf(pod, context);
  if (!workload?.spec?.selector || (workload.spec.replicas ?? 1) === 0 || isHealthy(workload) !== true) return false;
  const ended = (items(context.pods) as readonly Pod[]).filter(
    (one) =>
      one.status?.phase === 'Failed' &&
      controllerOf(one)?.uid === owner.uid &&
      context.now - (endedAt(one) ?? context.now) <= endedHistoryMs,
  );
  return ended.length < manyEnded;
}

/** The workload of the namespace whose selector fits the pod; undefined when none does or none was read. */
export function workloadOf({ metadata }: Pod, { workloads }: DetectContext): Workload | undefined {
  return (items(workloads) as readonly Workload[]).find(
    (one) =>
      one.metadata.namespace === metadata.namespace && matchesSelector(one.spec?.selector, metadata.labels ?? {}),
  );
}

function endedAt(pod: Pod): number | null {
  const times = items(pod.status?.containerStatuses).map((status) => timeOf(status.state?.terminated?.finishedAt));
  const conditions = items(pod.status?.conditions).map((condition) => conditionTime(condition));
  const known = [...times, ...conditions].filter((time) => time !== null);
  return known.length > 0 ? Math.max(...known) : timeOf(pod.status?.startTime ?? pod.metadata.creationTimestamp);
}

function pendingPod(pod: Pod, context: DetectContext): Finding[] {
  const created = timeOf(pod.metadata.creationTimestamp);
  const scheduled = conditionOf(pod.status?.conditions, 'PodScheduled');
  const since = conditionTime(scheduled) ?? created;
  const age = since === null ? Number.POSITIVE_INFINITY : context.now - since;
  if (scheduled?.status === 'False' && scheduled.reason === 'SchedulingGated') {
    if (age <= pendingGraceMs) return [];
    const gates = items(pod.spec?.schedulingGates).map((gate) => gate.name ?? '');
    const text = sentence('Pod waits behind a scheduling gate', { gates: gates.join(' ') });
    return [finding('Stuck', pod, text, { since, family: 'scheduling' })];
  }
  if (scheduled?.status === 'False') {
    if (age <= unschedulableGraceMs || waitsByDesign(pod, context)) return [];
    const text = sentence('Pod cannot be scheduled', { reason: scheduled.reason, message: scheduled.message });
    return [finding('Unschedulable', pod, text, { since })];
  }
  if (scheduled?.status !== 'True' && !pod.spec?.nodeName) return unseenPod(pod, age, created);
  return startingPod(pod, context, since);
}

/** It gives room to others, or a node is on its way for it. */
function waitsByDesign(pod: Pod, { events, now }: DetectContext): boolean {
  return holdsRoomFree(pod) || scaleUpUnderWay(events, now);
}

/** No condition at all: no scheduler has looked at the pod. */
function unseenPod(pod: Pod, age: number, since: number | null): Finding[] {
  if (age <= pendingGraceMs) return [];
  const name = pod.spec?.schedulerName ?? 'default-scheduler';
  const text = `No scheduler has looked at the pod, scheduler name: ${name}`;
  return [finding('Stuck', pod, text, { since, family: 'scheduling' })];
}

/** On its node, and no container runs yet: only events say why. */
function startingPod(pod: Pod, context: DetectContext, since: number | null): Finding[] {
  const statuses = [...items(pod.status?.initContainerStatuses), ...items(pod.status?.containerStatuses)];
  if (statuses.some((status) => status.state?.running || status.state?.terminated)) return [];
  const mount = newestEvent(context, (event) => mountReasons.has(event.reason ?? ''));
  if (mount) {
    const text = sentence(`Volume cannot be mounted: ${mount.reason}`, { message: mount.message });
    return [finding('MountFailed', pod, text, { since })];
  }
  const age = since === null ? 0 : context.now - since;
  const cause = newestEvent(context, () => true);
  if (age <= pendingGraceMs || cause) return [];
  const text = `No container of the pod has started, ${plural(statuses.length, 'container')} waiting on its node`;
  return [finding('Stuck', pod, text, { since })];
}
