import type { ClusterState } from '../../src/sim/api/cluster-state.ts';
import type { ObjectRef } from '../../src/domain/fault.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { detect } from '../../src/kube/detect/detect.ts';
import { kindsToRead } from '../../src/kube/kinds.ts';
import type { Finding } from '../../src/kube/detect/finding.ts';
import { controllerOf } from '../../src/kube/objects.ts';

/** Everything that the detectors find in a whole simulated cluster, with all that they may look at. */
export function clusterFindings(state: ClusterState, now: number): Finding[] {
  const all = (apiVersion: string, kind: string) => state.select(apiVersion, kind, {});
  const warnings = all('v1', 'Event').filter((event) => event['type'] === 'Warning');
  const about = (event: KubeObject) => event['involvedObject'] as { uid?: string };
  const objects = kindsToRead.flatMap(({ apiVersion, kind }) => all(apiVersion, kind));
  const inNamespace = (object: KubeObject, apiVersion: string, kind: string) =>
    all(apiVersion, kind).filter((other) => other.metadata.namespace === object.metadata.namespace);
  return objects.flatMap((object) =>
    detect(object, {
      now,
      events: warnings.filter((event) => about(event).uid === object.metadata.uid),
      pods: inNamespace(object, 'v1', 'Pod'),
      jobs: inNamespace(object, 'batch/v1', 'Job'),
      services: inNamespace(object, 'v1', 'Service'),
      workloads: inNamespace(object, 'apps/v1', 'Deployment'),
      endpointSlices: inNamespace(object, 'discovery.k8s.io/v1', 'EndpointSlice').filter(
        (slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === object.metadata.name,
      ),
      ...(object.kind === 'Event' && {
        involved: objects.find((other) => other.metadata.uid === about(object).uid) ?? null,
      }),
    }),
  );
}

/** The root owner of what a finding is about, as `Kind/namespace/name`. */
export function rootOwner(state: ClusterState, finding: Finding): string {
  return rootOwnerOf(state, finding.resource);
}

export function rootOwnerOf(state: ClusterState, { apiVersion, kind, namespace, name }: ObjectRef): string {
  let object = state.find(apiVersion, kind, namespace, name);
  for (let owner = object && controllerOf(object); object && owner; owner = object && controllerOf(object)) {
    object = state.find(owner.apiVersion, owner.kind, namespace, owner.name);
  }
  return `${object?.kind}/${object?.metadata.namespace ?? ''}/${object?.metadata.name}`;
}
