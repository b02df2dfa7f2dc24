import type { ApiProbe, ApiVersion } from '../cluster/permissions/ask-api.ts';
import type { WatchTarget } from '../cluster/connection/context.ts';
import type { ServerProbe } from '../cluster/probe.ts';
import type { WatchProbe } from '../cluster/watch/probe-watch.ts';
import type { McpConfig } from '../cluster/config.ts';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { ConfiguredCluster } from '../domain/cluster-policy.ts';
import type { EngineFault } from '../domain/ports.ts';
import type { ClustersJson } from '../domain/wire/cluster.ts';
import type { SlackProbe } from '../notify/slack/probe.ts';
import type { Clock } from '../lib/clock.ts';
import type { Problem } from '../lib/problem.ts';
import type { Spawn } from '../lib/process/spawn.ts';

/** A configured cluster, as it is checked. */
export interface CheckedCluster extends ConfiguredCluster {
  /** Null for a cluster that has no MCP server. */
  readonly mcp: McpConfig | null;
  /** The API that is watched instead. */
  readonly watch: WatchTarget | null;
}

/** The daemon that answers at the configured address. */
export interface RunningDaemon {
  readonly url: string;
  readonly health: ClustersJson;
}

/** What an API server said, or why its kubeconfig cannot be used. */
export type ApiFinding = { readonly probe: ApiProbe } | { readonly unusable: Problem };

/**
 * What checks look at. Each question is asked once however many checks want the answer, within time limits of its own;
 * none rejects for what the other side does, unless it says so.
 */
export interface CheckWorld {
  readonly loaded: Pick<LoadedConfig, 'config' | 'file' | 'healthPort' | 'inlineSecrets' | 'warnings'>;
  /** Those that are checked. */
  readonly clusters: ReadonlyMap<string, CheckedCluster>;
  readonly env: Environment;
  readonly clock: Clock;
  readonly spawn: Spawn;
  /** Null when none runs, and inside of the daemon itself. */
  readonly daemon: RunningDaemon | null;
  /** Goes by the proxies of the environment. */
  readonly fetch: typeof fetch;
  /** A session with the MCP server. @throws Error when the cluster has none */
  readonly server: (cluster: CheckedCluster) => Promise<ServerProbe>;
  /** The API server that is watched. @throws Error when none is */
  readonly watched: (cluster: CheckedCluster) => Promise<WatchProbe>;
  /** The API server with the credential of the kubeconfig. */
  readonly api: (cluster: CheckedCluster) => Promise<ApiFinding>;
  /** What is wrong with tsh, its login and the Teleport proxy, and what was found. */
  readonly teleport: () => Promise<{ readonly problems: readonly Problem[]; readonly detail: string }>;
  /** Why a cluster cannot be read through Teleport; null when it can. */
  readonly reached: (cluster: CheckedCluster) => Promise<Problem | null>;
  /** What an API server says of itself; null when it cannot be asked. */
  readonly apiVersion: (cluster: CheckedCluster) => Promise<ApiVersion | null>;
  /** What keeps agents from being started in containers; null when nothing does. */
  readonly engine: () => Promise<EngineFault | null>;
  readonly slack: () => Promise<SlackProbe>;
  /** Whether the artifact store can be used. @throws ProblemError */
  readonly storage: () => Promise<void>;
  /** Whether the state file can be read. @throws ProblemError */
  readonly state: () => Promise<void>;
}
