import { manualFault } from '../domain/fault-types.ts';
import { faultId, type FaultSignal, type ObjectRef, type OwnerRef, compareSeverity } from '../domain/fault.ts';
import type { Incident, Run } from '../domain/records.ts';
import type { ClusterPolicy, RunStore } from '../domain/state-store.ts';
import type { ClusterReader, KubeObject, ListOptions } from '../kube/cluster-reader.ts';
import { detect } from '../kube/detect/detect.ts';
import { type DetectContext, refOf, signalOf } from '../kube/detect/finding.ts';
import { kindNamed } from '../kube/kinds.ts';
import { systemClock } from '../lib/clock.ts';
import { errorText, ProblemError } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import { timeLimit } from '../lib/time-limit.ts';
import { triageProblems } from './errors.ts';

export interface ManualTriageRequest {
  readonly cluster: string;
  /** Without regard to case; short names of kubectl are known. */
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

export interface ManualCluster {
  readonly reader: ClusterReader;
  /** The server's own name for the cluster, empty when unknown: ids are then those that its push would give. */
  readonly serverCluster: string;
  readonly policy: ClusterPolicy;
  /** `triage.enabled`. Missing permissions do not stop a person: what can be read is read. */
  readonly triageConfigured: boolean;
  /** Finds root owner and node; never rejects for what a cluster does. */
  readonly owners: {
    find(resource: ObjectRef, signal: AbortSignal): Promise<{ owner: OwnerRef; node: string | null }>;
  };
}

export interface ManualTriageOptions {
  readonly store: Pick<RunStore, 'triageByHand'>;
  /** Null for a name that is not configured. */
  readonly cluster: (name: string) => ManualCluster | null;
  readonly now: () => number;
  /** For reading the object and what is around it, milliseconds. */
  readonly timeoutMs?: number;
}

export type ManualTriage = (
  request: ManualTriageRequest,
  signal: AbortSignal,
) => Promise<{ incident: Incident; run: Run }>;

/** Objects of a kind that are read around the one that was asked about. */
const aroundLimit = 500;
const withPods = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'Service', 'ReplicaSet']);

/**
 * Triage by hand (INT-7): reads the object, takes the worst of the faults that it shows (or, when it shows none, the
 * fault `Manual`), and opens its incident with a run on the same path as any other.
 */
export function createManualTriage(options: ManualTriageOptions): ManualTriage {
  return async (request, signal) => {
    const cluster = options.cluster(request.cluster);
    if (!cluster) throw new ProblemError(triageProblems.unknownCluster, `no cluster named ${show(request.cluster)}`);
    if (!cluster.triageConfigured) {
      throw new ProblemError(triageProblems.triageOff, `triage is turned off for ${request.cluster}`);
    }
    const limit = timeLimit(systemClock, options.timeoutMs ?? 15_000, signal);
    let fault: FaultSignal;
    try {
      const object = await readObject(cluster.reader, request, limit.signal);
      fault = await faultOf(object, request.cluster, cluster, options.now(), limit.signal);
    } finally {
      limit.letGo();
    }
    const { owner, node } = await cluster.owners.find(fault.resource, signal);
    signal.throwIfAborted();
    return options.store.triageByHand({ signal: fault, owner, node, cluster: cluster.policy }, options.now());
  };
}

/** @throws ProblemError unknown kind, not found, not readable */
async function readObject(
  reader: ClusterReader,
  request: ManualTriageRequest,
  signal: AbortSignal,
): Promise<KubeObject> {
  const kind = kindNamed(request.kind);
  const shown = show(`${request.kind}/${request.namespace ?? ''}/${request.name}`);
  if (!kind) throw new ProblemError(triageProblems.unknownKind, `no kind named ${show(request.kind)}`);
  if (kind.namespaced && request.namespace === null) {
    throw new ProblemError(triageProblems.unknownKind, `a ${kind.kind} needs a namespace: ${shown}`);
  }
  const namespace = kind.namespaced ? request.namespace : null;
  const fields = { object: shown };
  let object: KubeObject | null;
  try {
    object = await reader.get(kind.apiVersion, kind.kind, namespace, request.name, signal);
  } catch (cause) {
    throw new ProblemError(triageProblems.readFailed, `${shown} could not be read: ${errorText(cause)}`, {
      cause,
      fields,
    });
  }
  if (object) return object;
  throw new ProblemError(triageProblems.objectNotFound, `there is no ${shown} in ${request.cluster}`, { fields });
}

/** The worst fault that the object shows, else `Manual`. */
async function faultOf(
  object: KubeObject,
  name: string,
  cluster: ManualCluster,
  now: number,
  signal: AbortSignal,
): Promise<FaultSignal> {
  const context = await detectContext(object, cluster.reader, now, signal);
  const worst = detect(object, context).sort((a, b) => compareSeverity(b.severity, a.severity))[0];
  const { serverCluster } = cluster;
  if (worst) return signalOf(worst, { cluster: name, serverCluster, source: 'manual', now });
  const resource = refOf(object);
  return {
    cluster: name,
    source: 'manual',
    faultId: faultId(serverCluster, manualFault, resource.uid ?? `${resource.namespace ?? ''}/${resource.name}`, ''),
    faultType: manualFault,
    // Nothing is known to be wrong; a fault that is found raises it.
    severity: 'info',
    resource,
    container: '',
    context: `A person asked about this ${resource.kind}; it shows no fault of its own.`,
    at: now,
    since: null,
    family: null,
  };
}

/** What detectors want to know around one object. What cannot be read is left out: they then say less. */
async function detectContext(
  object: KubeObject,
  reader: ClusterReader,
  now: number,
  signal: AbortSignal,
): Promise<DetectContext> {
  const { kind } = object;
  const { namespace, name } = object.metadata;
  const inNamespace: ListOptions = namespace === undefined ? { limit: aroundLimit } : { namespace, limit: aroundLimit };
  const list = async (apiVersion: string, listed: string, options = inNamespace): Promise<readonly KubeObject[]> => {
    const answer = await reader.list(apiVersion, listed, options, signal);
    return answer.items;
  };
  const when = (needed: boolean, read: () => Promise<readonly KubeObject[]>) =>
    needed ? read().catch(() => undefined) : Promise.resolve(undefined);
  const [events, pods, endpointSlices, workloads, jobs] = await Promise.all([
    when(true, () => list('v1', 'Event', { ...inNamespace, fieldSelector: `involvedObject.name=${name}` })),
    when(withPods.has(kind), () => list('v1', 'Pod')),
    when(kind === 'Service', () => list('discovery.k8s.io/v1', 'EndpointSlice')),
    when(kind === 'Service', () => list('apps/v1', 'Deployment')),
    when(kind === 'Job', () => list('batch/v1', 'Job')),
  ]);
  return {
    now,
    ...(events && { events: events.filter((event) => isAbout(event, object)) }),
    ...(pods && { pods }),
    ...(endpointSlices && { endpointSlices }),
    ...(workloads && { workloads }),
    ...(jobs && { jobs }),
  };
}

/** Warnings about the object itself, not about another of the same name. */
function isAbout(event: KubeObject, object: KubeObject): boolean {
  const involved = event['involvedObject'] as { kind?: unknown; name?: unknown } | undefined;
  if (event['type'] !== 'Warning') return false;
  return involved?.kind === object.kind && involved.name === object.metadata.name;
}

function show(text: string): string {
  return oneLine(text, 300);
}
