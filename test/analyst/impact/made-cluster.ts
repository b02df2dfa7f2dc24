import { TestCluster } from '../cluster.ts';

/** A cluster of these parts. */
export function made(...parts: readonly ((cluster: TestCluster) => void)[]): TestCluster {
  const cluster = new TestCluster();
  for (const part of parts) part(cluster);
  return cluster;
}

/** The metadata of what a controller of `batch/v1` keeps. */
export const owned = (kind: string, name: string): Record<string, unknown> => ({
  ownerReferences: [{ apiVersion: 'batch/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true }],
});
