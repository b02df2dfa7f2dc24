import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { EvidenceGraph } from './evidence-graph.ts';

/** A host name as a pod of `namespace` would resolve it: the Service and its namespace; null for names of the outside. */
export interface ClusterName {
  readonly service: string;
  readonly namespace: string;
  /** Set for the name of one pod behind a headless Service (`store-0.store`). */
  readonly pod: string | null;
}

/**
 * The Services that a host name can mean, most likely first, by the search list of a pod (`ns.svc.cluster.local`,
 * `svc.cluster.local`, `cluster.local`): `db`, `db.ns`, `db.ns.svc`, `db-0.db`, `db-0.db.ns.svc.cluster.local`.
 */
export function clusterNames(host: string, namespace: string): readonly ClusterName[] {
  const parts = host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/\.cluster\.local$/, '')
    .split('.');
  const svc = parts.indexOf('svc');
  const labels = svc > 0 ? parts.slice(0, svc) : parts;
  const [first = '', second = '', third = ''] = labels;
  if (svc > 0 || labels.length <= 3) {
    if (labels.length === 1) return [{ service: first, namespace, pod: null }];
    if (labels.length === 2) {
      const direct = { service: first, namespace: second, pod: null };
      const ofPod = { service: second, namespace, pod: first };
      return svc > 0 ? [direct] : /-\d+$/.test(first) ? [ofPod, direct] : [direct, ofPod];
    }
    if (labels.length === 3 && (svc > 0 || /-\d+$/.test(first))) {
      return [{ service: second, namespace: third, pod: first }];
    }
  }
  return [];
}

/** The Service that a host name means in the evidence, null when there is none. */
export function serviceOfHost(graph: EvidenceGraph, host: string, namespace: string): KubeObject | null {
  for (const name of clusterNames(host, namespace)) {
    const service = graph.get('Service', name.namespace, name.service);
    if (service) return service;
  }
  return null;
}
