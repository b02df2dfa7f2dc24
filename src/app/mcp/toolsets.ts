import type { Analyst, ArtifactStore } from '../../domain/ports.ts';
import type { StateReader } from '../../domain/state-store.ts';
import type { ToolsetParts } from '../../mcp/tool.ts';
import { toolClusters, type ToolClustersOptions } from './tool-clusters.ts';

/** What the tools are made from. */
export interface ToolsetWorld extends ToolClustersOptions {
  /** Null where no state is kept. */
  readonly incidents: {
    readonly store: Pick<StateReader, 'incidents' | 'incident' | 'faults' | 'why' | 'counters'>;
    readonly artifacts: Pick<ArtifactStore, 'get'>;
    /** Opens an incident by hand; null where nobody would work on it. */
    readonly triage:
      | ((
          cluster: string,
          kind: string,
          namespace: string | null,
          name: string,
        ) => Promise<{ readonly incident_id: string; readonly run_id: string }>)
      | null;
  } | null;
  readonly analyst: Pick<Analyst, 'collect' | 'analyse'>;
}

/** Every toolset that is built. */
export function toolsetParts(world: ToolsetWorld): readonly ToolsetParts[] {
  const clusters = toolClusters(world);
  void clusters;
  return [];
}
