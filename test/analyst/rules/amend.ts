import type { TestCluster } from '../cluster.ts';

type Fields = Record<string, unknown>;

/** Puts `fields` over the objects of a kind whose names begin so, and `metadata` over their metadata. */
export function amend(cluster: TestCluster, kind: string, prefix: string, change: Fields): void {
  const { metadata, ...fields } = change;
  for (const [at, object] of cluster.objects.entries()) {
    if (object.kind !== kind || !object.metadata.name.startsWith(prefix)) continue;
    cluster.objects[at] = {
      ...object,
      ...fields,
      metadata: { ...object.metadata, ...(metadata as Fields | undefined) },
    };
  }
}

/** Takes the objects of a kind away whose names begin so. */
export function remove(cluster: TestCluster, kind: string, prefix: string): void {
  const left = cluster.objects.filter((object) => object.kind !== kind || !object.metadata.name.startsWith(prefix));
  cluster.objects.splice(0, cluster.objects.length, ...left);
}
