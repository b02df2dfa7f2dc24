import type { KubeObject } from '../cluster-reader.ts';
import { items, timeOf } from '../objects.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

interface IngressBackend {
  readonly service?: { readonly name?: string } | null;
}

interface Ingress extends KubeObject {
  readonly spec?: {
    readonly defaultBackend?: IngressBackend | null;
    readonly rules?:
      | readonly { readonly http?: { readonly paths?: readonly { readonly backend?: IngressBackend }[] } | null }[]
      | null;
  };
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
