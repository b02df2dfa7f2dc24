import type { ClusterStatus } from '../../src/domain/cluster-status.ts';
import type { ToolClusters } from '../../src/mcp/clusters.ts';
import { ObjectsReader } from './objects-reader.ts';

/** The configured clusters of tools that read none of them: their names, each with how its connection is. */
export function knownClusters(statuses: Readonly<Record<string, ClusterStatus | null>>): ToolClusters {
  return {
    names: () => Object.keys(statuses),
    get: (name) =>
      Object.hasOwn(statuses, name)
        ? {
            name,
            environment: null,
            reader: new ObjectsReader(),
            source: 'kubeconfig',
            kubectl: [],
            teleport: null,
            status: () => statuses[name] ?? null,
          }
        : null,
  };
}
