import type { ClusterReader, KubeObject, ListOptions } from '../kube/cluster-reader.ts';
import type { DetectContext } from '../kube/detect/finding.ts';

const limit = 500;
const withPods = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'Service', 'ReplicaSet']);

/** What detectors want to know around one object. What cannot be read is left out: they then say less. */
export async function detectContext(
  object: KubeObject,
  reader: ClusterReader,
  now: number,
  signal: AbortSignal,
): Promise<DetectContext> {
  const { kind } = object;
  const { namespace, name } = object.metadata;
  const inNamespace: ListOptions = namespace === undefined ? { limit } : { namespace, limit };
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
