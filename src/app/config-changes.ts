import { isDeepStrictEqual } from 'node:util';
import path from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { type Config, isMapping } from '../config/schema.ts';
import type { Current } from './current-config.ts';
import type { FleetCluster } from './settings.ts';

/** What a new configuration changes: names and keys, never values. */
export interface ConfigChanges {
  readonly clusters: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** Their connection is made anew: the server, what is sent to it, or the credential that says which cluster it is. */
    readonly reconnected: readonly string[];
    /** Something else of them; their connection is not touched. */
    readonly changed: readonly string[];
  };
  /** Keys of the fleet's settings, such as `intake.dedup_window`. */
  readonly settings: readonly string[];
  /** Keys that differ from what the daemon runs with, and count at its next start. */
  readonly needsRestart: readonly string[];
  /** Whether anything that was read says something else, for example a kubeconfig or a runbook. */
  readonly files: boolean;
}

/**
 * The configuration as far as a running daemon can take it over: what it holds open stays as it is (the folder of its
 * data, the state file, the address that it listens on, the form of its log). With the keys that would be different.
 */
export function withoutRestart(running: LoadedConfig, next: LoadedConfig): { loaded: LoadedConfig; keys: string[] } {
  const [old, wanted] = [running.config, next.config];
  const keys = [
    ...(old.data_dir === wanted.data_dir ? [] : ['data_dir']),
    ...changedKeys(stateOf(old), stateOf(wanted), 'storage.state'),
    ...changedKeys(
      { host: old.health.host, port: old.health.port },
      { host: wanted.health.host, port: wanted.health.port },
      'health',
    ),
    ...(old.log.format === wanted.log.format ? [] : ['log.format']),
  ];
  const { artifacts } = wanted.storage;
  const config: Config = {
    ...wanted,
    data_dir: old.data_dir,
    storage: {
      ...wanted.storage,
      state: old.storage.state,
      artifacts: { ...artifacts, path: moved(artifacts.path, wanted.data_dir, old.data_dir) },
    },
    health: { ...wanted.health, host: old.health.host, port: old.health.port },
    log: { ...wanted.log, format: old.log.format },
  };
  return { loaded: { ...next, config, healthPort: running.healthPort }, keys };
}

/** The state file without the folder that it is in by default. */
function stateOf({ data_dir, storage: { state } }: Config): object {
  return { ...state, path: path.relative(data_dir, state.path) };
}

function moved(file: string, from: string, to: string): string {
  const below = path.relative(from, file);
  return below.startsWith('..') || path.isAbsolute(below) ? file : path.join(to, below);
}

/** What differs between what holds and what is to hold. `needsRestart`: of `withoutRestart`. */
export function configChanges(before: Current, after: Current, needsRestart: readonly string[] = []): ConfigChanges {
  const written = new Map(before.config.clusters.map((cluster) => [cluster.name, cluster]));
  const credentials = new Set(newCredentials(before, after));
  const clusters = {
    added: [...after.fleet.keys()].filter((name) => !before.fleet.has(name)),
    removed: [...before.fleet.keys()].filter((name) => !after.fleet.has(name)),
    reconnected: [] as string[],
    changed: [] as string[],
  };
  for (const cluster of after.config.clusters) {
    const { name } = cluster;
    const [old, now] = [before.fleet.get(name), after.fleet.get(name)];
    if (old === undefined || now === undefined) continue;
    if (!isDeepStrictEqual(wayTo(old, before.loaded), wayTo(now, after.loaded))) clusters.reconnected.push(name);
    else if (credentials.has(name) || !isDeepStrictEqual(cluster, written.get(name))) clusters.changed.push(name);
  }
  const [{ clusters: _old, ...oldSettings }, { clusters: _now, ...newSettings }] = [before.config, after.config];
  return {
    clusters,
    settings: changedKeys(oldSettings, newSettings, ''),
    needsRestart,
    files: before.loaded.inputs.hash !== after.loaded.inputs.hash,
  };
}

/** Whether nothing that a daemon does would be different. */
export function isEmpty({ clusters, settings, files }: ConfigChanges): boolean {
  return Object.values(clusters).every((names) => names.length === 0) && settings.length === 0 && !files;
}

/** Clusters whose kubeconfig is another file, or says something else. */
export function newCredentials(before: Current, after: Current): string[] {
  return [...after.fleet.values()].flatMap(({ name, kubeconfig, context }) => {
    const old = before.fleet.get(name);
    if (old === undefined || kubeconfig === null) return [];
    const same =
      old.kubeconfig === kubeconfig &&
      old.context === context &&
      before.loaded.inputs.digestOf(kubeconfig) === after.loaded.inputs.digestOf(kubeconfig);
    return same ? [] : [name];
  });
}

/** What a connection is made of: the context that its kubeconfig names is what a server with several is asked for. */
function wayTo(
  { mcp, watch, teleport, kubeconfig, context }: FleetCluster,
  { currentContexts }: LoadedConfig,
): unknown {
  return {
    mcp,
    watch: watch && { ...watch, context: watch.context ?? currentContexts.get(watch.kubeconfig) ?? null },
    teleport,
    kubeconfig,
    context: context ?? (kubeconfig === null ? null : (currentContexts.get(kubeconfig) ?? null)),
  };
}

/** The paths of the values that differ, as they are written in the configuration; a list is one value. */
function changedKeys(before: unknown, after: unknown, at: string): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isMapping(before) || !isMapping(after)) return [at];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => changedKeys(before[name], after[name], at === '' ? name : `${at}.${name}`));
}
