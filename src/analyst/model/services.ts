import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesLabels } from '../../kube/selectors.ts';
import type { EvidenceGraph } from './evidence-graph.ts';
import { dig, listAt, numberAt, textAt, textsAt } from './fields.ts';
import { podView, type PodView } from './workload.ts';

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: string;
}

export function servicePorts(service: KubeObject): readonly ServicePort[] {
  return listAt(service, 'spec', 'ports').map((port) => ({
    name: textAt(port, 'name'),
    port: numberAt(port, 'port') ?? 0,
    targetPort: textAt(port, 'targetPort') || textAt(port, 'port'),
  }));
}

export const serviceSelector = (service: KubeObject): Readonly<Record<string, string>> =>
  textsAt(service, 'spec', 'selector');

/** The pods that a Service's selector takes, ready or not. */
export function selectedPods(graph: EvidenceGraph, service: KubeObject): readonly PodView[] {
  const selector = serviceSelector(service);
  return graph
    .all('Pod', service.metadata.namespace ?? null)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels ?? {}))
    .map(podView);
}

/** The EndpointSlices of a Service. */
export function endpointSlices(graph: EvidenceGraph, service: KubeObject): readonly KubeObject[] {
  return graph
    .all('EndpointSlice', service.metadata.namespace ?? null)
    .filter((it) => it.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name);
}

/** How many addresses of a Service are ready; null when its EndpointSlices were not read. */
export function readyEndpoints(graph: EvidenceGraph, service: KubeObject): number | null {
  const slices = endpointSlices(graph, service);
  if (slices.length === 0) return null;
  return slices
    .flatMap((slice) => listAt(slice, 'endpoints'))
    .filter((it) => dig(it, 'conditions', 'ready') !== false)
    .reduce<number>((sum, it) => sum + listAt(it, 'addresses').length, 0);
}

/** The Services that an Ingress sends to, each once. */
export function backendNames(ingress: KubeObject): readonly string[] {
  return [
    ...new Set(
      backendsOf(ingress)
        .map((backend) => textAt(backend, 'service', 'name'))
        .filter((name) => name !== ''),
    ),
  ];
}

/** Whether an Ingress sends to an object of another kind than a Service too (`resource`), such as a bucket. */
export const hasOtherBackend = (ingress: KubeObject): boolean =>
  backendsOf(ingress).some((backend) => dig(backend, 'resource') !== undefined);

function backendsOf(ingress: KubeObject): readonly unknown[] {
  const paths = listAt(ingress, 'spec', 'rules').flatMap((rule) => listAt(rule, 'http', 'paths'));
  return [dig(ingress, 'spec', 'defaultBackend'), ...paths.map((path) => dig(path, 'backend'))];
}

/** The container ports of pods: number and name. */
export function containerPorts(pods: readonly PodView[]): readonly { name: string; port: number; container: string }[] {
  return pods.flatMap((pod) =>
    pod.containers.flatMap((container) =>
      listAt(container.spec, 'ports').map((port) => ({
        name: textAt(port, 'name'),
        port: numberAt(port, 'containerPort') ?? 0,
        container: container.name,
      })),
    ),
  );
}

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
