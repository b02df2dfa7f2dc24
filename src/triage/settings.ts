import type { RunLimits } from '../domain/state-store.ts';
import type { AgentConfig } from './config.ts';

type AgentOverrides = Partial<Pick<AgentConfig, 'cli' | 'model' | 'timeout' | 'max_concurrent'>>;

/** What triage needs of the configuration; read anew for each run, so that a reload counts from the next one. */
export interface TriageSettings {
  /** `<data_dir>/workspaces`, absolute. */
  readonly workspaces: string;
  readonly agent: AgentConfig;
  readonly clusters: readonly TriageCluster[];
  /** `storage.upload_failed_investigations`. */
  readonly storeFailed: boolean;
  /** `storage.retention.workspaces`, milliseconds. */
  readonly workspaceRetentionMs: number;
}

export interface TriageCluster {
  readonly name: string;
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** `triage.allow_secrets_access`. */
  readonly allowSecrets: boolean;
  readonly agent: AgentOverrides;
}

/** The agent of one run. */
export interface AgentChoice {
  readonly cli: AgentConfig['cli'];
  readonly model: string | null;
  readonly timeoutMs: number;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The agent for a cluster: the cluster's overrides win. */
export function agentFor(settings: TriageSettings, cluster: string): AgentChoice {
  const overrides = settings.clusters.find((entry) => entry.name === cluster)?.agent ?? {};
  return {
    cli: overrides.cli ?? settings.agent.cli,
    model: overrides.model ?? settings.agent.model ?? null,
    timeoutMs: overrides.timeout ?? settings.agent.timeout,
    command: settings.agent.command,
    env: settings.agent.env,
  };
}

/** Bounds of runs at the same time; a cluster's own `agent.max_concurrent` is its bound. */
export function runLimits(settings: TriageSettings): RunLimits {
  const perCluster: Record<string, number> = {};
  for (const { name, agent } of settings.clusters) {
    if (agent.max_concurrent !== undefined) perCluster[name] = agent.max_concurrent;
  }
  return {
    maxConcurrent: settings.agent.max_concurrent,
    perCluster,
    defaultPerCluster: settings.agent.max_concurrent_per_cluster,
  };
}
