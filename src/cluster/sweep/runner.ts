import type { ToolCaller } from '../../domain/ports.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import type { SweepReport } from '../../domain/state-store.ts';

export interface SweepRun {
  readonly report: SweepReport;
  /** `partial`: some lists could not be read; `failed`: none could. */
  readonly result: 'ok' | 'partial' | 'failed';
  /** One sentence for each thing that could not be read. */
  readonly warnings: readonly string[];
  /** Those of them that are about a list: what is not read there is not watched. */
  readonly unlisted: readonly string[];
}

/** Looks for the standing faults of a cluster through its server's read tools. */
export interface SweepRunner {
  /** `serverCluster`: the server's own name for its cluster, part of the fault ids; empty when unknown. */
  run(
    cluster: string,
    tools: ToolCaller,
    serverCluster: string,
    standing: readonly FaultEpisode[],
    signal: AbortSignal,
  ): Promise<SweepRun>;
}
