import { z } from 'zod';
import pLimit from 'p-limit';
import type { ClusterReader, KubeObject } from '../../kube/cluster-reader.ts';
import { slimObject } from '../../kube/detect/slim.ts';
import type { Namespace } from '../../kube/objects.ts';
import { clusterArgs, clusterOf } from '../clusters.ts';
import { listOf, pageArgs } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { judgedPage } from './read/judged-list.ts';
import { problemField } from './read/problems.ts';
import { ageField, ageOf, listHead, notCheckedField, textsOf } from './read/results.ts';
import type { NotChecked, ReadList } from './read/whole-list.ts';

const quotaLine = z.object({
  name: z.string().describe('Of the ResourceQuota.'),
  resource: z.string().describe('Such as requests.cpu or pods.'),
  used: z.string(),
  hard: z.string(),
});

const namespaceItem = z.object({
  name: z.string(),
  phase: z.string().describe('Active or Terminating.'),
  ...ageField,
  labels: z.record(z.string(), z.string()),
  pods: z.int().optional().describe('Pods of any phase; not there when pods cannot be listed.'),
  quota: z.array(quotaLine).optional().describe('What its ResourceQuotas bound; not there when none does.'),
  ...problemField,
});

/** `list_namespaces` */
export function listNamespaces({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'list_namespaces',
    toolset: 'kubernetes',
    title: 'List namespaces',
    description:
      'Namespaces of a cluster with their labels, how many pods they hold and what of their quota is used. Use it to ' +
      'find where something lives, or whether a quota is the limit.',
    input: z.strictObject({ ...clusterArgs, ...pageArgs }),
    output: listOf(namespaceItem, notCheckedField),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const now = clock.now();
      const { page, problem, notChecked } = await judgedPage('Namespace', args, { cluster, now, call });
      const names = page.items.map(({ metadata }) => metadata.name);
      const pods = await podCounts(names, cluster.reader, notChecked, call.signal);
      const quotas = byNamespace(await notChecked.list(cluster.reader, ['v1', 'ResourceQuota'], {}, call.signal));
      const items = page.items.map((object) => ({
        ...itemOf(object, now),
        ...pods(object.metadata.name),
        ...quotaOf(quotas?.(object.metadata.name) ?? []),
        ...problem(object),
      }));
      return { ...page, items, ...listHead(cluster, now), ...notChecked.fields() };
    },
  });
}

function itemOf(object: KubeObject, now: number): z.infer<typeof namespaceItem> {
  const { metadata, status }: Namespace = object;
  const labels = textsOf(metadata.labels);
  return { name: metadata.name, phase: status?.phase ?? '', age: ageOf(object, now), labels };
}

/** Objects that one request gives: of so few pods each namespace need not be asked about. */
const onePage = 500;
/** Namespaces are asked about so many at a time. */
const atOnce = 8;

/** Pods of each namespace, counted by the API where it can. */
async function podCounts(
  names: readonly string[],
  reader: ClusterReader,
  notChecked: NotChecked,
  signal: AbortSignal,
): Promise<(name: string) => { pods?: number }> {
  const kind = ['v1', 'Pod'] as const;
  const all = await notChecked.count(reader, kind, {}, signal);
  if (all === null) return () => ({});
  if (all.count === null || all.count <= onePage) {
    const pods = byNamespace(await notChecked.list(reader, kind, { keep: slimObject }, signal));
    return (name) => (pods === null ? {} : { pods: pods(name).length });
  }
  const slots = pLimit(atOnce);
  const asked = names.map((namespace) =>
    slots(async () => [namespace, await notChecked.count(reader, kind, { namespace }, signal)] as const),
  );
  const counts = new Map(await Promise.all(asked));
  return (name) => {
    const count = counts.get(name)?.count ?? null;
    return count === null ? {} : { pods: count };
  };
}

function byNamespace(list: ReadList | null): ((name: string) => readonly KubeObject[]) | null {
  if (list === null) return null;
  const groups = Map.groupBy(list.items, ({ metadata }) => metadata.namespace ?? '');
  return (name) => groups.get(name) ?? [];
}

function quotaOf(quotas: readonly KubeObject[]): { quota?: z.infer<typeof quotaLine>[] } {
  const lines = quotas.flatMap((quota) => {
    const { status } = quota as { status?: { hard?: unknown; used?: unknown } | null };
    const used = textsOf(status?.used);
    return Object.entries(textsOf(status?.hard))
      .map(([resource, hard]) => ({ name: quota.metadata.name, resource, used: used[resource] ?? '0', hard }))
      .toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
  });
  return lines.length === 0 ? {} : { quota: lines };
}
