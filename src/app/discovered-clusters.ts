import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { LoadedConfig } from '../config/load.ts';
import { type ClusterConfig, clusterSchema, type Discovery as DiscoveryConfig } from '../config/schema.ts';
import { type DiscoveredCluster, sourceKey } from '../discovery/config.ts';
import { Discovery, type DiscoveryOptions } from '../discovery/discovery.ts';
import { discoveryProblems } from '../discovery/errors.ts';
import { type Problem, problem } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import type { ClusterAccesses } from './clusters.ts';
import type { CurrentConfig } from './current-config.ts';

interface Options extends Pick<DiscoveryOptions, 'clock' | 'logger' | 'registry'> {
  readonly current: CurrentConfig;
  readonly accesses: Pick<ClusterAccesses, 'open'>;
}

export interface DiscoveredClusters extends Pick<Discovery, 'start' | 'stop' | 'reconfigured' | 'isWhole'> {
  /** The configuration of the files alone. */
  readonly base: LoadedConfig;
  /** The configuration of the files with what is found now. */
  extend(loaded: LoadedConfig): LoadedConfig;
  problems(): Problem[];
}

/** Clusters out of Secrets, as part of the configuration: those that an earlier process found are in it at once. */
export function discoveredClusters(options: Options): DiscoveredClusters {
  const { current, accesses } = options;
  const base = current.now.loaded;
  let notTaken: readonly NotTaken[] = [];
  const discovery = new Discovery({
    ...options,
    open: (kubeconfig, context) => accesses.open(kubeconfig, context),
    sources: () => current.now.config.discovery,
    dataDir: base.config.data_dir,
    inUse: () => [...current.now.fleet.values()].flatMap(({ kubeconfig }) => kubeconfig ?? []),
  });
  const extend = (loaded: LoadedConfig): LoadedConfig => {
    const extended = withDiscovered(loaded, discovery.clusters(loaded.config.discovery));
    notTaken = extended.notTaken;
    return extended.loaded;
  };
  if (discovery.clusters().length > 0) current.replace(current.with(extend(base)));
  return {
    base,
    extend,
    start: (onChange) => discovery.start(onChange),
    stop: () => discovery.stop(),
    reconfigured: () => discovery.reconfigured(),
    isWhole: () => discovery.isWhole(),
    problems: () => [...discovery.problems(), ...notTaken.map(asProblem)],
  };
}

function asProblem({ found, kind, detail }: NotTaken): Problem {
  const secret = `${found.namespace}/${found.secret}`;
  const told = kind === 'invalid' ? discoveryProblems.invalid : discoveryProblems.nameTaken;
  return problem(told, `Secret ${secret}: ${detail}`, { secret, name: found.name });
}

/** A cluster that was found and is not watched, and why. */
interface NotTaken {
  readonly found: DiscoveredCluster;
  readonly kind: 'name_taken' | 'invalid';
  readonly detail: string;
}

/**
 * The configuration with the clusters that were found, each made by the template of its source. Those of the files go
 * first; of two with one name the first counts.
 */
export function withDiscovered(
  loaded: LoadedConfig,
  discovered: readonly DiscoveredCluster[],
): { readonly loaded: LoadedConfig; readonly notTaken: readonly NotTaken[] } {
  const sources = new Map(loaded.config.discovery.map((source) => [sourceKey(source), source]));
  const names = new Map(loaded.config.clusters.map(({ name }) => [name, 'the configuration']));
  const clusters: ClusterConfig[] = [];
  const notTaken: NotTaken[] = [];
  const inputs = loaded.inputs.copy();
  const currentContexts = new Map(loaded.currentContexts);
  for (const found of discovered) {
    const source = sources.get(found.source);
    if (source === undefined) continue;
    const made = fromTemplate(source, found);
    if (!made.success) {
      const [issue] = made.error.issues;
      const detail = `${issue?.path.join('.') ?? ''}: ${oneLine(issue?.message ?? '', 200)}`;
      notTaken.push({ found, kind: 'invalid', detail });
      continue;
    }
    const { name } = made.data;
    const first = names.get(name);
    if (first !== undefined) {
      notTaken.push({ found, kind: 'name_taken', detail: `${name} is the name of a cluster of ${first}` });
      continue;
    }
    names.set(name, `Secret ${found.namespace}/${found.secret}`);
    clusters.push(made.data);
    // A kubeconfig of one context, always the same one.
    currentContexts.set(found.kubeconfig, found.name);
    inputs.note(found.kubeconfig, contentOf(found.kubeconfig));
  }
  const config = { ...loaded.config, clusters: [...loaded.config.clusters, ...clusters] };
  return { loaded: { ...loaded, config, currentContexts, inputs }, notTaken };
}

/** What of a template takes texts of the Secret, and is checked anew with them. */
const filledSchema = z.object({
  name: clusterSchema.shape.name,
  environment: clusterSchema.shape.environment,
  labels: clusterSchema.shape.labels,
  mcp: clusterSchema.shape.mcp,
});

function fromTemplate({ template }: DiscoveryConfig[number], found: DiscoveredCluster) {
  const { triage, overrides, ...texts } = template;
  const { name, environment, labels, mcp } = fill(texts, found) as typeof texts;
  const checked = filledSchema.safeParse({
    name: name.replaceAll('.', '-'),
    ...(environment ? { environment } : {}),
    labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
    ...(mcp ? { mcp } : {}),
  });
  if (!checked.success) return checked;
  const { kubeconfig } = found;
  const watch = checked.data.mcp === undefined ? { watch: { kubeconfig } } : {};
  const data: ClusterConfig = { ...checked.data, ...watch, triage: { ...triage, kubeconfig }, overrides };
  return { success: true, data } as const;
}

/** `{name}`, `{namespace}` and `{labels.KEY}` in texts; a label that is not there is empty. */
function fill(value: unknown, found: DiscoveredCluster): unknown {
  if (typeof value === 'string') {
    return value.replace(
      /\{(name|namespace|labels\.([^{}]+))\}/g,
      (_whole, what: string, label: string | undefined) => {
        if (label !== undefined) return Object.hasOwn(found.labels, label) ? (found.labels[label] ?? '') : '';
        return what === 'name' ? found.name : found.namespace;
      },
    );
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, found));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, fill(child, found)]));
}

function contentOf(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    return 'does not exist';
  }
}
