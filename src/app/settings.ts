import type { QuestionSettings } from '../analyst/questions/create-answerer.ts';
import path from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { type Config, overridesOf } from '../config/schema.ts';
import type { WatchTarget } from '../cluster/connection/context.ts';
import type { AgentBudget, BreakerPolicy, RunLimits } from '../domain/agent-limits.ts';
import type {
  ConfiguredCluster,
  StormLimits,
  StormPolicy,
  ClusterPlaces,
  ConfiguredSilence,
  FleetPolicy,
  TeleportPlace,
} from '../domain/cluster-policy.ts';
import { pendingDefaults } from '../domain/fault-types.ts';
import { kubectlOptions } from '../domain/decide/kubectl-access.ts';
import { parseMatchers } from '../domain/silence/matchers.ts';
import type { AgentChoice } from '../domain/ports.ts';
import type { Matcher } from '../domain/fault.ts';
import type { DeliveryTarget } from '../domain/records.ts';
import type { StorePolicy } from '../domain/state-store.ts';
import type { AlertSettings } from '../intake/alerts/receiver.ts';
import { oneLine } from '../lib/text.ts';
import type { SizeLimitSettings } from '../storage/size-limit.ts';
import { teleportPlace, watchThrough } from '../teleport/place.ts';
import type { TriageSettings } from '../triage/pipeline.ts';
import type { QuestionLimits } from '../triage/questions/agent-answers.ts';

/** A configured cluster with its MCP server, or with the API that is watched instead. */
export interface FleetCluster extends ConfiguredCluster {
  readonly mcp: NonNullable<ClusterOf['mcp']> | null;
  readonly watch: WatchTarget | null;
  readonly teleport: TeleportPlace | null;
}

type ClusterOf = Config['clusters'][number];

/** The configured clusters by name, each with what holds for it: its own settings, else the fleet's. */
export type Fleet = ReadonlyMap<string, FleetCluster>;

type Configured = Pick<LoadedConfig, 'config' | 'secrets' | 'runbooks'>;

/** At first contact, faults that have stood for longer are taken up quietly. */
const quietAfterMs = 15 * 60_000;

/** The clusters, each with what it or its environment has instead of the fleet's settings. */
function clustersOf(config: Config): readonly ClusterOf[] {
  return config.clusters.map((cluster) => ({ ...cluster, overrides: overridesOf(config, cluster) }));
}

/** Resolves the configuration to one object a cluster; nothing else asks whether a cluster has a setting of its own. */
export function configuredFleet(config: Config): Fleet {
  const fleetAgent = agentOf(config.agent);
  const credentials = config.clusters.map((it) => credentialOf(it));
  return new Map(
    clustersOf(config).map(({ name, environment, labels, mcp, watch, teleport, triage, overrides }) => [
      name,
      {
        name,
        environment: environment ?? null,
        labels,
        ...heardBy({ mcp, watch }, teleportPlace(name, teleport, config.teleport)),
        severityThreshold: overrides.severity_threshold ?? config.severity_threshold,
        slackChannel: overrides.slack_channel ?? null,
        triageEnabled: triage.enabled,
        ...credentialOf({ triage, watch }),
        kubectl: kubectlOptions(credentialOf({ triage, watch }), credentials),
        allowSecrets: triage.allow_secrets_access,
        requireReadOnly: config.permissions.require_read_only,
        agent: {
          ...fleetAgent,
          cli: overrides.agent?.cli ?? fleetAgent.cli,
          model: overrides.agent?.model ?? fleetAgent.model,
          timeoutMs: overrides.agent?.timeout ?? fleetAgent.timeoutMs,
        },
        budget: budgetOf({ ...config.budget, ...overrides.budget }),
      },
    ]),
  );
}

/** The bounds of intake, as the state store applies them. */
export function storePolicy(
  { config, secrets }: Omit<Configured, 'runbooks'>,
  targets: readonly DeliveryTarget[],
): StorePolicy {
  return {
    dedupWindowMs: config.intake.dedup_window,
    groupWaitMs: config.intake.group_wait,
    pendingMs: { ...pendingDefaults, ...config.intake.pending },
    reopenWindowMs: config.intake.reopen_window,
    clearAfterMs: config.sweep.clear_after,
    maxOpenFaultsPerCluster: config.intake.max_open_faults_per_cluster,
    storm: stormPolicy(config),
    fleet: fleetPolicy(config),
    quietAfterMs,
    redact: { patterns: config.gateway.redact.patterns, secrets },
    firstWaitMs: config.notify.first_wait,
    runLimits: runLimits(config),
    targets,
  };
}

/** What all connections to clusters have in common. */
export function connectionSettings({ connection, sweep, intake }: Config) {
  return { connection, sweep, faultBurst: intake.max_open_faults_per_cluster };
}

/** When the same in several clusters is told once. */
function fleetPolicy(config: Config): FleetPolicy {
  const { fleet } = config.intake;
  const own = clustersOf(config).flatMap(({ name, overrides }) =>
    overrides.slack_channel === undefined ? [] : [[name, overrides.slack_channel] as const],
  );
  return { minClusters: fleet.min_clusters, windowMs: fleet.window, channels: Object.fromEntries(own) };
}

/** The limits of storms: the fleet's, and those of clusters that have others. */
function stormPolicy(config: Config): StormPolicy {
  const { storm } = config.intake;
  const own = clustersOf(config).flatMap(({ name, overrides }) =>
    overrides.storm === undefined ? [] : [[name, stormLimits({ ...storm, ...overrides.storm })] as const],
  );
  return { ...stormLimits(storm), fleet: storm.fleet, own: Object.fromEntries(own) };
}

function stormLimits(storm: Omit<Config['intake']['storm'], 'fleet'>): StormLimits {
  return { perCluster: storm.per_cluster, windowMs: storm.window, endAfterMs: storm.end_after };
}

/** What matchers of silences see of each cluster. */
export function clusterPlaces(fleet: Fleet): ClusterPlaces {
  return Object.fromEntries([...fleet].map(([name, { environment, labels }]) => [name, { environment, labels }]));
}

/** The silences of the configuration, which add up; one of a cluster or an environment holds for that alone. */
export function configuredSilences(config: Config): ConfiguredSilence[] {
  const { silences, environments, clusters } = config;
  return [
    ...silences.map((silence) => silenceOf(silence, [])),
    // A cluster without an environment has "" as the matcher sees it, and no settings of one.
    ...Object.entries(environments).flatMap(([name, own]) =>
      name === '' ? [] : silencesFor('environment', name, own),
    ),
    ...clusters.flatMap(({ name, overrides }) => silencesFor('cluster', name, overrides)),
  ];
}

function silencesFor(label: 'cluster' | 'environment', value: string, own: ClusterOf['overrides']) {
  return (own.silences ?? []).map((silence) => silenceOf(silence, [{ name: label, operator: '=', value }]));
}

function silenceOf(silence: Config['silences'][number], also: readonly Matcher[]): ConfiguredSilence {
  const { matchers, starts_at: startsAt, ends_at: endsAt, author, comment } = silence;
  return {
    matchers: [...also, ...matchers.flatMap(parseMatchers)],
    startsAt: startsAt ?? null,
    endsAt: endsAt ?? null,
    author: oneLine(author, 100),
    comment: oneLine(comment, 500),
  };
}

/** What answers to questions need of the configuration. */
export function questionSettings({ config, secrets }: Omit<Configured, 'runbooks'>, clusters: Fleet): QuestionSettings {
  return {
    kubectl: (cluster) => clusters.get(cluster)?.kubectl ?? [],
    redact: { patterns: config.gateway.redact.patterns, secrets },
  };
}

/** What triage needs of the configuration. */
export function triageSettings({ config, secrets, runbooks }: Configured, clusters: Fleet): TriageSettings {
  return {
    workspaces: workspacesOf(config.data_dir),
    limits: runLimits(config),
    clusters,
    agent: agentOf(config.agent),
    budget: budgetOf(config.budget),
    breaker: breakerOf(config.circuit_breaker),
    redact: { patterns: config.gateway.redact.patterns, secrets },
    runbooks,
    questions: questionLimits(config.agent.questions),
    storeFailed: config.storage.upload_failed_investigations,
    workspaceRetentionMs: config.storage.retention.workspaces,
  };
}

/** What `storage.retention.max_size` is over: reports only where they are files below `data_dir`. */
export function sizeLimitSettings({ data_dir: dataDir, storage }: Config): SizeLimitSettings {
  const { artifacts, retention } = storage;
  const below = path.relative(dataDir, artifacts.path).split(path.sep)[0];
  const own = artifacts.type === 'filesystem' && below !== '' && below !== '..' && !path.isAbsolute(below ?? '');
  return {
    maxBytes: retention.max_size,
    workspaces: workspacesOf(dataDir),
    artifacts: own ? artifacts.path : null,
  };
}

function workspacesOf(dataDir: string): string {
  return path.join(dataDir, 'workspaces');
}

/** How alerts are read, and what their senders need; without a token of their own it is that of health. */
export function alertSettings({ sources, health }: Config, fleet: Fleet): AlertSettings {
  const { enabled, token, cluster_label: clusterLabel, objects } = sources.alertmanager;
  return {
    token: enabled ? (token ?? health.token ?? null) : undefined,
    rules: {
      clusterLabel,
      clusters: new Set(fleet.keys()),
      objects: objects.map(({ alertname, kind, name, namespace }) => ({
        alertname: alertname ?? null,
        kind,
        nameLabel: name,
        namespaceLabel: namespace,
      })),
    },
  };
}

/** How it is heard of faults; a cluster with nothing but its place in Teleport is watched there. */
function heardBy({ mcp, watch }: Pick<ClusterOf, 'mcp' | 'watch'>, teleport: TeleportPlace | null) {
  const through = teleport === null || mcp !== undefined ? null : watchThrough(teleport);
  return {
    mcp: mcp ?? null,
    watch: watch === undefined ? through : { kubeconfig: watch.kubeconfig, context: watch.context ?? null },
    teleport,
  };
}

/** A watched cluster is investigated with the credential of its watch, unless it has another one for that. */
function credentialOf({ triage, watch }: Pick<ClusterOf, 'triage' | 'watch'>) {
  const { kubeconfig, context } = triage;
  if (kubeconfig !== undefined || watch === undefined)
    return { kubeconfig: kubeconfig ?? null, context: context ?? null };
  return { kubeconfig: watch.kubeconfig, context: context ?? watch.context ?? null };
}

function agentOf(agent: Config['agent']): AgentChoice {
  const { cli, model, timeout, command, env, runner, engine, image, network, egress, limits } = agent;
  return {
    cli,
    // `builtin` needs neither; for all others `auto` is a container, and an engine that is not there is told.
    runner: runner === 'process' ? 'process' : 'docker',
    model: model ?? null,
    timeoutMs: timeout,
    command,
    env,
    container: {
      engine,
      image,
      network: egress === 'gateway' ? 'none' : network,
      limits: { memoryBytes: limits.memory, cpus: limits.cpus, pids: limits.pids },
    },
  };
}

function questionLimits({ enabled, timeout, max_concurrent }: Config['agent']['questions']): QuestionLimits {
  return { enabled, timeoutMs: timeout, maxConcurrent: max_concurrent };
}

function budgetOf(budget: Config['budget']): AgentBudget {
  return {
    usdPerRun: budget.usd_per_run,
    tokensPerRun: budget.tokens_per_run,
    usdPerDay: budget.usd_per_day,
    usdPerClusterDay: budget.usd_per_cluster_day,
    runsPerHour: budget.runs_per_hour,
    runsPerClusterHour: budget.runs_per_cluster_hour,
    usdPerQuestion: budget.usd_per_question,
    tokensPerQuestion: budget.tokens_per_question,
    questionsPerHour: budget.questions_per_hour,
  };
}

function breakerOf({ failures, cool_down, notify }: Config['circuit_breaker']): BreakerPolicy {
  return { failures, coolDownMs: cool_down, notify };
}

/** A cluster's own `agent.max_concurrent` is its bound. */
function runLimits(config: Config): RunLimits {
  const own = clustersOf(config).flatMap(({ name, overrides }) => {
    const max = overrides.agent?.max_concurrent;
    return max === undefined ? [] : [[name, max] as const];
  });
  return {
    maxConcurrent: config.agent.max_concurrent,
    perCluster: Object.fromEntries(own),
    defaultPerCluster: config.agent.max_concurrent_per_cluster,
  };
}
