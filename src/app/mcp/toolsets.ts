import type { Config } from '../../config/schema.ts';
import type { ClusterDirectory } from '../../domain/cluster-status.ts';
import type { Analyst, ArtifactStore } from '../../domain/ports.ts';
import type { StateReader } from '../../domain/state-store.ts';
import type { StandingProblem } from '../../domain/wire/cluster.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { ProxiedDispatchers } from '../../lib/proxy/proxied-dispatchers.ts';
import { spawnProcess } from '../../lib/process/spawn.ts';
import { type Environment, setVariables } from '../../config/environment.ts';
import { coreToolset } from '../../mcp/core/core-toolset.ts';
import { fluxToolset } from '../../mcp/flux/flux-toolset.ts';
import { type IncidentsToolsetDeps, incidentsToolset } from '../../mcp/incidents/incidents-toolset.ts';
import { paletteToolset } from '../../mcp/palette/palette-toolset.ts';
import { kubernetesToolset } from '../../mcp/kubernetes/kubernetes-toolset.ts';
import { diagnosisOf, openIncidents } from './between-toolsets.ts';
import type { Toolset, ToolsetParts } from '../../mcp/tool.ts';
import { shippedWorkflows, WorkflowFiles } from '../../mcp/workflows/workflow-files.ts';
import { teleportToolset } from '../../mcp/teleport/teleport-toolset.ts';
import { workflowsToolset } from '../../mcp/workflows/workflows-toolset.ts';
import { toolClusters, type ToolClustersOptions } from './tool-clusters.ts';

/** What the tools are made from. */
export interface ToolsetWorld extends Omit<ToolClustersOptions, 'directory'> {
  readonly version: string;
  /** Those that are served now. */
  readonly toolsets: () => readonly Toolset[];
  readonly config: () => Pick<Config, 'workflows' | 'palette' | 'teleport' | 'clusters' | 'gateway'>;
  /** The clusters are not real. */
  readonly simulated: boolean;
  /** Null where no connections are kept. */
  readonly directory: ClusterDirectory | null;
  /** Null where no state is kept. */
  readonly incidents: KeptIncidents | null;
  readonly problems: () => Promise<readonly StandingProblem[]>;
  readonly analyst: Pick<Analyst, 'collect' | 'analyse'>;
  /** Told of resources whose text is another one now. */
  readonly onResources: (uris: readonly string[]) => void;
  /** A redactor with the rules of the configuration, made anew for each call. */
  readonly redact: () => Redactor;
  /** Of the daemon: names the proxies, and is that of tsh. */
  readonly env: Environment;
  readonly clock: Clock;
}

/** What is kept of incidents. */
export interface KeptIncidents {
  readonly store: Pick<StateReader, 'incidents' | 'incident' | 'faults' | 'why' | 'counters' | 'silences' | 'spend'>;
  readonly artifacts: Pick<ArtifactStore, 'get' | 'list'>;
  /** Opens an incident by hand; null where nobody would work on it. */
  readonly triage: IncidentsToolsetDeps['manualTriage'];
}

/** Every toolset that is built. */
export interface BuiltToolsets {
  readonly parts: readonly ToolsetParts[];
  /** Looks whether the files behind them have changed. */
  readonly look: () => void;
  readonly close: () => Promise<void>;
}

/** Makes the toolsets; nothing is asked yet. */
export function toolsetParts(world: ToolsetWorld): BuiltToolsets {
  const { clock, directory, problems, incidents, version, toolsets } = world;
  const clusters = toolClusters({ ...world, directory: directory ?? { statuses: () => [] } });
  const files = new WorkflowFiles({
    paths: () => {
      const { paths, shipped } = world.config().workflows;
      return shipped ? [...paths, shippedWorkflows] : paths;
    },
    onChange: world.onResources,
    now: () => clock.now(),
  });
  const kubernetes = kubernetesToolset({
    clusters,
    clock,
    redact: world.redact,
    analyst: world.analyst,
    openIncidents: async (cluster) => (incidents === null ? [] : await openIncidents(incidents.store, cluster)),
    agentsSeeSecrets: () => world.config().gateway.kubernetes.secrets !== 'deny',
    secretsAllowed: (cluster) => world.fleet().get(cluster)?.allowSecrets ?? false,
  });
  const palette = paletteToolset({
    config: () => world.config().palette,
    proxies: world.env,
    clusterOf: (uid) => world.config().clusters.find((cluster) => cluster.palette_uid === uid)?.name ?? null,
    kubernetesDiagnosis: async (cluster, call) =>
      toolsets().includes('kubernetes') ? await diagnosisOf(kubernetes, cluster, call) : null,
    clock,
  });
  const ways = new ProxiedDispatchers(world.env);
  const teleport = teleportToolset({
    teleport: () => world.config().teleport ?? null,
    places: () => new Map([...world.fleet()].flatMap(([name, { teleport: place }]) => (place ? [[name, place]] : []))),
    spawn: spawnProcess,
    clock,
    env: setVariables(world.env),
    ways,
  });
  const demo = () => ({ clusters: world.simulated, palette: palette.isDemo() === true });
  const kept =
    incidents === null
      ? []
      : [
          incidentsToolset({
            reader: incidents.store,
            artifacts: incidents.artifacts,
            manualTriage: incidents.triage,
            directory,
            problems,
            clusters,
            clock,
          }),
        ];
  return {
    parts: [
      coreToolset({ version, toolsets, clusters, demo, echo: false, clock }),
      workflowsToolset({ files, clusterNames: () => clusters.names() }),
      ...kept,
      kubernetes,
      fluxToolset({ clusters, clock }),
      palette,
      teleport,
    ],
    look: () => void files.look(),
    close: async () => void (await Promise.all([palette.close(), ways.destroy()])),
  };
}
