import type { TeleportPlace } from '../../domain/cluster-policy.ts';
import type { ClusterDirectory } from '../../domain/cluster-status.ts';
import type { FallbackReader } from '../../kube/read/fallback-reader.ts';
import type { ReadSource, ToolCluster, ToolClusters } from '../../mcp/clusters.ts';

/** What of a configured cluster tools need. */
interface KnownCluster {
  readonly name: string;
  readonly environment: string | null;
  readonly kubeconfig: string | null;
  readonly kubectl: readonly string[];
  readonly allowSecrets: boolean;
  readonly teleport: TeleportPlace | null;
}

export interface ToolClustersOptions {
  readonly fleet: () => ReadonlyMap<string, KnownCluster>;
  readonly readerOf: (cluster: string) => FallbackReader | null;
  readonly directory: ClusterDirectory;
}

/** The configured clusters of now, as tools see them. */
export function toolClusters({ fleet, readerOf, directory }: ToolClustersOptions): ToolClusters {
  const get = (name: string): ToolCluster | null => {
    const known = fleet().get(name);
    const reader = readerOf(name);
    if (known === undefined || reader === null) return null;
    const first = sourceOf(known);
    const answered = new Set<ReadSource>();
    return {
      name,
      environment: known.environment,
      kubectl: known.kubectl,
      reader: reader.noting((at) => answered.add(at === 0 ? first : 'mcp')),
      get source() {
        return answered.size === 0 ? first : [...answered].join(', ');
      },
      teleport: known.teleport && { cluster: known.teleport.cluster, node: known.teleport.node },
      status: () => directory.statuses().find(({ cluster }) => cluster === name) ?? null,
    };
  };
  return { names: () => [...fleet().keys()], get };
}

/** The first way by which it is read: its kubeconfig, else Teleport, else its MCP server. */
function sourceOf({ kubeconfig, teleport }: KnownCluster): ReadSource {
  if (kubeconfig !== null) return 'kubeconfig';
  return teleport === null ? 'mcp' : `teleport-${teleport.access}`;
}
