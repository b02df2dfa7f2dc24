import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityOf } from '../model/entities.ts';
import type { EvidenceGraph, LogFile } from '../model/evidence-graph.ts';
import { conditionAt, numberAt, textAt, timeAt } from '../model/fields.ts';
import { says } from '../model/lexicon.ts';
import type { PodView, Workload } from '../model/workload.ts';
import { stuckRollout } from '../signals/rollout/stuck-rollout.ts';
import type { Reason } from './idle.ts';

/* Workloads that are not all ready, and are as they should be. */

/** A lease counts as held for so long after its last renewal at least, whatever its duration says. */
const minFreshMs = 60_000;
const maxLines = 400;

/**
 * Replicas that wait for a leader's lease and are not ready by design: one of the same workload is ready and leads, the
 * others run without a restart and say that they wait.
 */
export function standby(graph: EvidenceGraph, workload: Workload): Reason | null {
  const leaders = workload.pods.filter((pod) => pod.ready && !pod.deleting);
  const waiting = workload.pods.filter((pod) => !pod.ready && !pod.deleting && pod.phase !== 'Succeeded');
  if (leaders.length === 0 || waiting.length === 0 || !waiting.every(runsOn)) return null;
  // A new revision that waits for what the old one does not let go is no standby.
  if (stuckRollout(workload) !== null) return null;
  const said = waiting.map((pod) => waitingLine(graph, pod));
  const [first] = said;
  if (!first || said.some((line) => line === null)) return null;
  const lease = heldLease(graph, workload, leaders);
  const leading = lease === null ? leadingLine(graph, leaders) : null;
  if (lease === null && leading === null) return null;
  const who = leaders.map((pod) => pod.name).join(', ');
  const by =
    lease === null
      ? 'says that it leads'
      : `holds the lease ${lease.metadata.name}, renewed at ${textAt(lease, 'spec', 'renewTime')}`;
  return {
    why: `${leaders.length} of ${workload.desired} ready: ${who} ${by}, and ${waiting.map((pod) => pod.name).join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} to lead (${JSON.stringify(plain(first.text))}) and turns ready when it does`,
    proof: [
      lease ? graph.fieldRef(lease, 'holderIdentity', textAt(lease, 'spec', 'holderIdentity')) : null,
      lease ? graph.fieldRef(lease, 'renewTime', textAt(lease, 'spec', 'renewTime')) : null,
      leading ? graph.ref(leading.log.path, leading.text) : null,
      ...said.slice(0, 2).map((line) => (line ? graph.ref(line.log.path, line.text) : null)),
    ],
  };
}

const runsOn = (pod: PodView): boolean =>
  pod.phase === 'Running' &&
  pod.containers
    .filter((container) => !container.init)
    .every((container) => container.running && container.restarts === 0);

/** A line without the time and place that klog puts before it. */
const plain = (line: string): string =>
  line
    .replace(/^[IWEF]\d{4} [^\]]*\] /, '')
    .trim()
    .slice(0, 160);

interface Line {
  readonly log: LogFile;
  readonly text: string;
}

/** The line by which a pod says that it waits to lead, when none after it says that it does. */
function waitingLine(graph: EvidenceGraph, pod: PodView): Line | null {
  for (const log of graph.logsOf(pod.namespace, pod.name).filter((one) => !one.previous)) {
    const lines = log.text.split('\n').slice(-maxLines);
    const at = lines.findLastIndex((line) => says.waitsToLead.test(line));
    const text = lines[at];
    if (text !== undefined && !lines.slice(at + 1).some((line) => says.leads.test(line))) return { log, text };
  }
  return null;
}

function leadingLine(graph: EvidenceGraph, leaders: readonly PodView[]): Line | null {
  for (const pod of leaders) {
    for (const log of graph.logsOf(pod.namespace, pod.name).filter((one) => !one.previous)) {
      const text = log.text
        .split('\n')
        .slice(-maxLines)
        .findLast((line) => says.leads.test(line));
      if (text !== undefined) return { log, text };
    }
  }
  return null;
}

/** The lease that a ready pod of the workload holds and has renewed lately. */
function heldLease(graph: EvidenceGraph, workload: Workload, leaders: readonly PodView[]): KubeObject | null {
  const leases = graph.all('Lease', workload.entity.namespace);
  const held = leases.find((lease) => {
    const holder = textAt(lease, 'spec', 'holderIdentity');
    const renewed = timeAt(lease, 'spec', 'renewTime') ?? 0;
    const fresh = Math.max(minFreshMs, 2000 * (numberAt(lease, 'spec', 'leaseDurationSeconds') ?? 15));
    return (
      graph.now - renewed <= fresh && leaders.some((pod) => holder === pod.name || holder.startsWith(`${pod.name}_`))
    );
  });
  return held ?? null;
}

/** A pod may fail its probe so often while it starts. */
const maxProbeFailures = 30;
const starting: ReadonlySet<string> = new Set(['', 'ContainerCreating', 'PodInitializing']);
const harmless: ReadonlySet<string> = new Set(['Unhealthy', 'ProbeWarning']);

/** A rollout that is within its deadline, and no pod of which fails. */
export function rollingOut(graph: EvidenceGraph, workload: Workload): Reason | null {
  const { object, currentPods } = workload;
  if (!object || workload.entity.kind !== 'Deployment' || object['paused'] === true) return null;
  const progressing = conditionAt(object, 'Progressing', 'True');
  const reason = textAt(progressing, 'reason');
  if (!['ReplicaSetUpdated', 'NewReplicaSetCreated', 'FoundNewReplicaSet'].includes(reason)) return null;
  const since = timeAt(progressing, 'lastUpdateTime') ?? timeAt(progressing, 'lastTransitionTime');
  const seconds = numberAt(object, 'spec', 'progressDeadlineSeconds') ?? 600;
  if (since === null || graph.now >= since + seconds * 1000) return null;
  if (conditionAt(object, 'ReplicaFailure', 'True') !== undefined) return null;
  const waiting = currentPods.filter((pod) => !pod.ready);
  if (waiting.length === 0 || !waiting.every((pod) => starts(graph, pod))) return null;
  const updated = numberAt(object, 'status', 'updatedReplicas') ?? 0;
  const ready = numberAt(object, 'status', 'readyReplicas') ?? 0;
  return {
    why: `its rollout goes on: ${updated} of ${workload.desired} pods are of the new revision, ${ready} ready, none fails, and its deadline is ${new Date(since + seconds * 1000).toISOString()}`,
    proof: [
      graph.fieldRef(object, 'reason', reason),
      graph.fieldRef(object, 'lastUpdateTime', textAt(progressing, 'lastUpdateTime')),
      graph.fieldRef(object, 'progressDeadlineSeconds', seconds),
    ],
  };
}

/** A pod on its node that starts: no container ended or waits for anything but its turn, no warning but of a probe. */
function starts(graph: EvidenceGraph, pod: PodView): boolean {
  if (pod.node === '' || pod.phase === 'Failed') return false;
  const fails = pod.containers.some(
    (container) =>
      container.restarts > 0 || (container.terminated?.exitCode ?? 0) !== 0 || !starting.has(container.waitingReason),
  );
  if (fails) return false;
  const warnings = graph.eventsOf(entityOf(pod.object)).filter((event) => event.warning);
  if (warnings.some((event) => !harmless.has(event.reason))) return false;
  return warnings.reduce((sum, event) => sum + event.count, 0) <= maxProbeFailures;
}
