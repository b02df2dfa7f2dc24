import { connectionSchema, type McpConfig, mcpSchema, sweepSchema } from '../../src/cluster/config.ts';
import { type AgentDirectory, createAgents } from '../../src/cluster/mcp/agents.ts';
import { ClusterManager, type ClusterManagerOptions } from '../../src/cluster/manager.ts';
import { noMetrics } from '../../src/cluster/connection/context.ts';
import { noWatchMetrics } from '../../src/cluster/watch/context.ts';
import type { SweepRunner } from '../../src/cluster/sweep/sweeper.ts';
import type { ConnectionStatus } from '../../src/domain/cluster-status.ts';
import type { DomainEvents } from '../../src/domain/events.ts';
import { openApiAccess } from '../../src/kube/credential/api-access.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Emitter } from '../../src/lib/emitter.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { RecordingIntake } from './recording-intake.ts';
import { waitUntil } from './wait-until.ts';

/** A sweeper that asks the server for its nodes, as the first thing that a real one does, and finds nothing. */
export class AskingSweeper implements SweepRunner {
  readonly runs: { cluster: string; serverCluster: string; at: number }[] = [];

  async run(...[cluster, tools, serverCluster, , signal]: Parameters<SweepRunner['run']>) {
    this.runs.push({ cluster, serverCluster, at: performance.now() });
    await tools.callTool('resources_list', { apiVersion: 'v1', kind: 'Node' }, signal);
    const report = { cluster, at: Date.now(), findings: [], observations: [] };
    return { report, result: 'ok' as const, warnings: [], unlisted: [] };
  }
}

export type FleetCluster = { readonly name: string } & (
  | { readonly mcp: Partial<McpConfig> & { endpoint: string }; readonly watch?: undefined }
  | { readonly watch: { readonly kubeconfig: string; readonly context?: string }; readonly mcp?: undefined }
);

type Changes = Partial<Omit<ClusterManagerOptions, 'store' | 'clusters' | 'settings' | 'sweeper'>> & {
  readonly connection?: Parameters<typeof connectionSchema.parse>[0];
  readonly sweep?: Parameters<typeof sweepSchema.parse>[0];
  readonly faultBurst?: number;
  readonly sweeper?: SweepRunner;
  readonly store?: RecordingIntake;
};

export interface Fleet {
  readonly manager: ClusterManager;
  readonly store: RecordingIntake;
  readonly sweeper: AskingSweeper;
  readonly events: Emitter<DomainEvents>;
  /** The states that a cluster went through. */
  readonly history: Map<string, ConnectionStatus[]>;
  readonly status: (cluster: string) => ConnectionStatus;
  readonly becomes: (
    cluster: string,
    state: ConnectionStatus['state'],
    timeoutMs?: number,
  ) => Promise<ConnectionStatus>;
  readonly stop: () => Promise<void>;
}

/** A started manager over the given clusters, with short back-offs, a recording store and an asking sweeper. */
export function startFleet(clusters: readonly FleetCluster[], changes: Changes = {}): Fleet {
  const store = changes.store ?? new RecordingIntake();
  const sweeper = new AskingSweeper();
  const events = new Emitter<DomainEvents>((error) => {
    throw error;
  });
  const history = new Map<string, ConnectionStatus[]>();
  events.on('connection:changed', (status) => {
    history.set(status.cluster, [...(history.get(status.cluster) ?? []), status]);
  });
  const agents: AgentDirectory = createAgents({});
  const backOff = { backoff_initial: '50ms', backoff_max: '200ms' };
  const connection = connectionSchema.parse({ ...backOff, ...(changes.connection as object) });
  const sweep = sweepSchema.parse(changes.sweep ?? {});
  const manager = new ClusterManager({
    clusters: clusters.map(({ name, mcp, watch }) => ({
      name,
      environment: null,
      mcp: mcp === undefined ? null : mcpSchema.parse(mcp),
      watch: watch === undefined ? null : { kubeconfig: watch.kubeconfig, context: watch.context ?? null },
      triageEnabled: true,
    })),
    sweeper,
    agents,
    clock: systemClock,
    random: Math.random,
    events,
    logger: silentLogger,
    metrics: noMetrics,
    watchMetrics: noWatchMetrics,
    openApi: ({ watch: { kubeconfig, context } }) =>
      openApiAccess([kubeconfig], context, { spawn: spawnProcess, clock: systemClock, env: {} }),
    version: '0.0.0',
    ...changes,
    store,
    settings: () => ({ connection, sweep, faultBurst: changes.faultBurst ?? 10_000 }),
  });
  manager.start();
  const status = (cluster: string): ConnectionStatus => {
    const found = manager.statuses().find((one) => one.cluster === cluster);
    if (!found) throw new Error(`no cluster ${cluster}`);
    return found;
  };
  return {
    manager,
    store,
    sweeper,
    events,
    history,
    status,
    becomes: (cluster, state, timeoutMs = 5000) =>
      waitUntil(
        () => (status(cluster).state === state ? status(cluster) : null),
        `${cluster} becomes ${state}, is ${JSON.stringify(status(cluster))}`,
        timeoutMs,
      ),
    stop: async () => {
      await manager.stop();
      agents.close();
    },
  };
}
