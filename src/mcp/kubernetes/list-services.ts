import { z } from 'zod';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { type EndpointSlice, items, type Service } from '../../kube/objects.ts';
import { clusterArgs, clusterOf } from '../clusters.ts';
import { listOf, pageArgs } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { namespaceArgs } from './read/args.ts';
import { judgedPage } from './read/judged-list.ts';
import { problemField } from './read/problems.ts';
import { ageField, ageOf, listHead, notCheckedField } from './read/results.ts';
import type { NotChecked, ReadList } from './read/whole-list.ts';

const serviceItem = z.object({
  name: z.string(),
  namespace: z.string(),
  type: z.string().describe('ClusterIP, NodePort, LoadBalancer or ExternalName.'),
  cluster_ip: z.string().describe('None: headless; empty: an ExternalName.'),
  ports: z.array(
    z.object({
      name: z.string().optional(),
      port: z.int(),
      protocol: z.string(),
      target_port: z.string().optional().describe('Number or name of a port of its pods.'),
      node_port: z.int().optional(),
    }),
  ),
  external: z.string().describe("kubectl's EXTERNAL-IP column: addresses, a host name, <pending> or <none>."),
  endpoints: z
    .object({ ready: z.int(), not_ready: z.int() })
    .optional()
    .describe('Pods behind it; not there when EndpointSlices cannot be read.'),
  ...ageField,
  ...problemField,
});

/** `list_services` */
export function listServices({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'list_services',
    toolset: 'kubernetes',
    title: 'List services',
    description:
      'Services of a cluster with their ports, outside addresses and how many endpoints are ready. Use it when a name ' +
      'or port cannot be reached: a Service without endpoints says what its selector misses.',
    input: z.strictObject({ ...clusterArgs, ...namespaceArgs, ...pageArgs }),
    output: listOf(serviceItem, notCheckedField),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const now = clock.now();
      let slices: ReadList | null = null;
      const alsoRead = async (
        notChecked: NotChecked,
        namespaces: readonly string[] | null,
      ): Promise<ReadonlyMap<'EndpointSlice', ReadList>> => {
        const kind = ['discovery.k8s.io/v1', 'EndpointSlice'] as const;
        slices = await notChecked.listIn(namespaces, cluster.reader, kind, {}, call.signal);
        return new Map(slices === null ? [] : [['EndpointSlice', slices]]);
      };
      const judged = await judgedPage('Service', args, { cluster, now, call, alsoRead });
      const { page, problem, notChecked } = judged;
      const endpoints = countsOf(slices);
      const services = page.items.map((object) => ({
        ...itemOf(object, now),
        ...endpoints(object),
        ...problem(object),
      }));
      return { ...page, items: services, ...listHead(cluster, now), ...notChecked.fields() };
    },
  });
}

function itemOf(object: KubeObject, now: number): z.infer<typeof serviceItem> {
  const { metadata, spec }: Service = object;
  const ports = items(spec?.ports).map(({ name, port, protocol, targetPort, nodePort }) => ({
    ...(name ? { name } : {}),
    port: port ?? 0,
    protocol: protocol ?? 'TCP',
    ...(targetPort === undefined || targetPort === null ? {} : { target_port: String(targetPort) }),
    ...(nodePort ? { node_port: nodePort } : {}),
  }));
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    type: spec?.type ?? 'ClusterIP',
    cluster_ip: spec?.clusterIP ?? '',
    ports,
    external: externalOf(object),
    age: ageOf(object, now),
  };
}

/** As kubectl prints it: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types */
function externalOf(service: Service): string {
  const { type = 'ClusterIP', externalName, externalIPs } = service.spec ?? {};
  const given = Array.isArray(externalIPs) ? externalIPs.filter((one) => typeof one === 'string') : [];
  if (type === 'ExternalName') return externalName ?? '';
  if (type !== 'LoadBalancer') return given.length === 0 ? '<none>' : given.join(',');
  const { status } = service as { status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } } };
  const balanced = items(status?.loadBalancer?.ingress).flatMap(({ ip, hostname }) => ip || hostname || []);
  const all = [...new Set(balanced.toSorted()), ...given];
  return all.length === 0 ? '<pending>' : all.join(',');
}

/** How many pods stand behind each Service; nothing when EndpointSlices are not known. */
function countsOf(slices: ReadList | null) {
  if (slices === null) return () => ({});
  const byService = Map.groupBy(slices.items as readonly EndpointSlice[], ({ metadata }) =>
    serviceKey(metadata.namespace, metadata.labels?.['kubernetes.io/service-name'] ?? ''),
  );
  return ({ metadata }: KubeObject): { endpoints: { ready: number; not_ready: number } } => {
    const endpoints = (byService.get(serviceKey(metadata.namespace, metadata.name)) ?? []).flatMap((slice) =>
      items(slice.endpoints),
    );
    // A pod with an address of each family stands in two slices.
    const byPod = new Map(endpoints.map((one) => [one.targetRef?.uid ?? one.addresses?.[0] ?? '', one]));
    // A condition that is not known counts as ready.
    const ready = [...byPod.values()].filter(({ conditions }) => conditions?.ready !== false).length;
    return { endpoints: { ready, not_ready: byPod.size - ready } };
  };
}

function serviceKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
