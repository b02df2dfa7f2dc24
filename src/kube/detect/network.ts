import type { KubeObject } from '../cluster-reader.ts';
import { type EndpointSlice, type Ingress, type Pod, type Service, type Workload, items, timeOf } from '../objects.ts';
import { matchesLabels, selectorText } from '../selectors.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

/** A Service may be empty for so long after it was made: its pods come after it. */
const emptyServiceGraceMs = 2 * 60_000;

/**
 * Faults of a Service: its selector fits no pod, or its named target port is in none of them. Needs the Service's
 * EndpointSlices. Pods that are there and not ready are faults of their own, and a workload that is scaled to zero is
 * somebody's will.
 */
export function detectService(object: KubeObject, context: DetectContext): Finding[] {
  const service = object as Service;
  if (service.metadata.deletionTimestamp) return stuckDeletion(service, context);
  const selector = service.spec?.selector;
  const created = timeOf(service.metadata.creationTimestamp);
  if (!selector || Object.keys(selector).length === 0 || service.spec?.type === 'ExternalName') return [];
  if (context.endpointSlices === undefined || (created !== null && context.now - created <= emptyServiceGraceMs))
    return [];
  const slices = (items(context.endpointSlices) as readonly EndpointSlice[]).filter((slice) =>
    belongsTo(slice, service),
  );
  const endpoints = slices.flatMap((slice) => items(slice.endpoints));
  if (endpoints.length === 0) return emptyService(service, selector, context);
  return unknownPort(service, slices);
}

function belongsTo(slice: EndpointSlice, service: Service): boolean {
  return (
    slice.metadata.namespace === service.metadata.namespace &&
    slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name
  );
}

function emptyService(service: Service, selector: Readonly<Record<string, string>>, context: DetectContext): Finding[] {
  const inNamespace = (object: KubeObject): boolean => object.metadata.namespace === service.metadata.namespace;
  const pods = (items(context.pods) as readonly Pod[]).filter(inNamespace);
  const workloads = (items(context.workloads) as readonly Workload[]).filter(inNamespace);
  if (context.podsCut || pods.some((pod) => matchesLabels(selector, pod.metadata.labels))) return [];
  if (workloads.some((workload) => matchesLabels(selector, workload.spec?.template?.metadata?.labels))) return [];
  const text = `Service has no endpoints, selector: ${selectorText(selector)} fits no pod`;
  return [finding('ServiceWithoutEndpoints', service, text)];
}

/** An unknown named target port leaves ready endpoints without any port. */
function unknownPort(service: Service, slices: readonly EndpointSlice[]): Finding[] {
  const named = items(service.spec?.ports).filter((port) => typeof port.targetPort === 'string');
  const filled = slices.filter((slice) => items(slice.endpoints).length > 0);
  if (named.length === 0 || filled.some((slice) => items(slice.ports).length > 0)) return [];
  const names = named.map((port) => port.targetPort).join(',');
  return [
    finding(
      'ServiceWithoutEndpoints',
      service,
      `Service has endpoints without a port, target port: ${names} is in no container`,
    ),
  ];
}

/** An Ingress may name Services that are not there for so long: they may be made after it. */
const backendGraceMs = 2 * 60_000;

/** Faults of an Ingress: it sends requests to a Service that does not exist. Needs all Services of its namespace. */
export function detectIngress(object: KubeObject, context: DetectContext): Finding[] {
  const ingress = object as Ingress;
  if (ingress.metadata.deletionTimestamp) return stuckDeletion(ingress, context);
  const created = timeOf(ingress.metadata.creationTimestamp);
  if (context.services === undefined || (created !== null && context.now - created <= backendGraceMs)) return [];
  const { namespace } = ingress.metadata;
  const known = new Set(
    items(context.services)
      .filter((service) => service.metadata.namespace === namespace)
      .map((service) => service.metadata.name),
  );
  const missing = backendNames(ingress).filter((name) => !known.has(name));
  if (missing.length === 0) return [];
  return [
    finding(
      'BackendMissing',
      ingress,
      `Ingress sends requests to a Service that does not exist: ${missing.join(', ')}`,
    ),
  ];
}

function backendNames({ spec }: Ingress): string[] {
  const paths = items(spec?.rules).flatMap((rule) => items(rule.http?.paths));
  const backends = [spec?.defaultBackend, ...paths.map((path) => path.backend)];
  const names = backends.map((backend) => backend?.service?.name).filter((name) => typeof name === 'string');
  return [...new Set(names)];
}
