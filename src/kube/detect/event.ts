import type { Family } from '../../domain/fault.ts';
import type { KubeObject } from '../cluster-reader.ts';
import { isHealthy } from '../health.ts';
import {
  type Condition,
  type InvolvedObject,
  type KubeEvent,
  type Pod,
  conditionOf,
  conditionTime,
  items,
  timeOf,
} from '../objects.ts';
import { countOf, firstSeenOf, isRecent, lastSeenOf } from './event-time.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { detectPod, workloadOf } from './pod.ts';

/** What the involved object's own detector says better, and what is harmless noise. */
const reportedElsewhere = new Set([
  'BackOff',
  'Failed',
  'FailedScheduling',
  'BackoffLimitExceeded',
  'DeadlineExceeded',
  'FailedMount',
  'FailedAttachVolume',
  'FailedMapVolume',
  'FailedCreate',
  'Evicted',
  'Preempted',
  'NodeNotReady',
  'NetworkNotReady',
  'ProvisioningFailed',
  'FailedBinding',
  'InspectFailed',
  'ErrImageNeverPull',
  'FailedToRetrieveImagePullSecret',
  'CgroupV1',
  'ClusterIPNotAllocated',
  'InvalidDiskCapacity',
  'Rebooted',
]);

/** A probe fails once at every restart: only more of it on a pod that is not ready counts. */
const minProbeFailures = 3;

const familyByReason: Record<string, Family> = {
  FailedCreatePodSandBox: 'network',
  FailedPodSandBoxStatus: 'network',
  EvictionThresholdMet: 'node',
  FreeDiskSpaceFailed: 'node',
  ImageGCFailed: 'node',
  SystemOOM: 'node',
  VolumeFailedDelete: 'storage',
  FailedDelete: 'admission',
};

/**
 * A warning event that names a cause which no object shows. `context.involved` is the object that it is about: gone,
 * being deleted or well means that the event is history.
 */
export function detectEvent(object: KubeObject, context: DetectContext): Finding[] {
  const event = object as KubeEvent;
  const reason = event.reason ?? '';
  const about = event.involvedObject;
  if (event.type !== 'Warning' || !about?.name || !about.kind || reportedElsewhere.has(reason)) return [];
  if (!isRecent(event, context.now) || isHistory(event, context)) return [];
  const text = `${reason}: ${event.message ?? ''}`;
  const extra = { part: reason, since: firstSeenOf(event), family: familyByReason[reason] ?? null };
  return [finding('WarningEvent', involvedTarget(about, context), text, extra)];
}

/** Whether the object that the event is about is gone, on its way out, well again, or shows its fault by itself. */
function isHistory(event: KubeEvent, context: DetectContext): boolean {
  const involved = context.involved;
  const isProbe = event.reason === 'Unhealthy';
  if (involved === undefined) return isProbe;
  if (involved === null || involved.metadata.deletionTimestamp) return true;
  if (involved.kind === 'Pod' && (isSettled(involved) || detectPod(involved, context).length > 0)) return true;
  if (judged.has(involved.kind) && involved['status'] !== undefined && isHealthy(involved) === true) return true;
  if (isReadyAgain(involved, event)) return true;
  return isProbe && (countOf(event) < minProbeFailures || isStarting(involved, context));
}

/** A rollout has so long where it does not say (`progressDeadlineSeconds`), s. */
const rolloutDeadline = 600;
/** A kubelet says for the first time whether a pod is ready within this time after it has taken it, ms. */
const firstWordMs = 30_000;

/** Whether a pod has never been ready, and its rollout may still take its time: the Deployment says when it is over. */
function isStarting(pod: Pod, context: DetectContext): boolean {
  const { now } = context;
  const taken = timeOf(pod.status?.startTime);
  const said = conditionTime(conditionOf(pod.status?.conditions, 'Ready'));
  if (pod.kind !== 'Pod' || taken === null || said === null || said - taken > firstWordMs) return false;
  return now - taken <= (workloadOf(pod, context)?.spec?.progressDeadlineSeconds ?? rolloutDeadline) * 1000;
}

/** Kinds whose status says whether they have got over what a Warning says. Of nodes and claims it does not. */
const judged: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'HorizontalPodAutoscaler',
]);

/** Whether an object of any kind says that it has become ready since. */
function isReadyAgain(involved: KubeObject, event: KubeEvent): boolean {
  const { conditions } = (involved['status'] ?? {}) as { conditions?: readonly Condition[] };
  const ready = conditionOf(items(conditions), 'Ready');
  const since = conditionTime(ready);
  const seen = lastSeenOf(event);
  return involved.kind !== 'Node' && ready?.status === 'True' && since !== null && seen !== null && since >= seen;
}

function involvedTarget(about: InvolvedObject, context: DetectContext): KubeObject {
  const involved = context.involved ?? undefined;
  return {
    apiVersion: about.apiVersion ?? involved?.apiVersion ?? 'v1',
    kind: about.kind ?? '',
    metadata: {
      name: about.name ?? '',
      ...(about.namespace ? { namespace: about.namespace } : {}),
      // Kubelets give the name of their node as its uid.
      uid: involved?.metadata.uid ?? (about.kind === 'Node' ? undefined : (about.uid ?? undefined)),
    },
  };
}

/** A pod that is ready or has ended has got over what the event says. */
function isSettled(pod: Pod): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';
}
