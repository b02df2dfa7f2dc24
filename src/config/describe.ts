import { statSync } from 'node:fs';
import { stringify } from 'yaml';
import { formatDuration, formatSize } from '../lib/format.ts';
import { type Problem, problem } from '../lib/problem.ts';
import { type ConfigPath, type ConfigTree, formatPath, hideCredentials } from './config-tree.ts';
import { secretsReadable } from './errors.ts';
import { type Config, layered } from './schema.ts';
import { isDuration, isSecret, isSize, shapeAt } from './schema-shape.ts';

/** Where the clusters of a configuration stand, in their order: the file, and their index there. */
export type ClusterOrigins = readonly { readonly tree: ConfigTree; readonly index: number }[];

/** The effective values (`LoadedConfig.describe`) as the text of a file. */
export function describedText(values: Record<string, unknown>): string {
  return stringify(values, { lineWidth: 0 });
}

/**
 * The effective configuration as it would be written, without secrets: they are `<secret>`, and values of references
 * are `<from env X>`. A cluster's overrides are what holds for it: those of its environment are among them.
 */
export function describeConfig(config: Config, tree: ConfigTree, origins: ClusterOrigins): Record<string, unknown> {
  const clusters = config.clusters.map((cluster, at) => {
    const { tree: own, index } = origins[at] ?? { tree, index: at };
    const shown = describe(cluster, ['clusters', index], own) as Record<string, unknown>;
    const { environment } = cluster;
    if (environment === undefined || !Object.hasOwn(config.environments, environment)) return shown;
    const shared = describe(config.environments[environment], ['environments', environment], tree);
    return { ...shown, overrides: layered(shared, shown['overrides']) };
  });
  return { ...(describe({ ...config, clusters: [] }, [], tree) as Record<string, unknown>), clusters };
}

/** Every value of the configuration that is a secret, for redaction. Bearer tokens in headers without their scheme. */
export function configSecrets(config: Config): string[] {
  const found = new Set<string>();
  collectSecrets(config, [], found);
  return [...found].filter((secret) => secret.length >= 4);
}

function describe(value: unknown, path: ConfigPath, tree: ConfigTree): unknown {
  const display = tree.display(path);
  if (display !== null) return hideCredentials(display);
  if (Array.isArray(value)) return value.map((item, index) => describe(item, [...path, index], tree));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, child]) => child !== undefined);
    return Object.fromEntries(entries.map(([key, child]) => [key, describe(child, [...path, key], tree)]));
  }
  if (isSecret(path)) return '<secret>';
  const shape = shapeAt(path);
  if (typeof value === 'number' && isDuration(shape)) return formatDuration(value);
  if (typeof value === 'number' && isSize(shape)) return formatSize(value);
  if (typeof value === 'number' && shape?.format === 'date-time') return new Date(value).toISOString();
  return typeof value === 'string' ? hideCredentials(value) : value;
}

function collectSecrets(value: unknown, path: ConfigPath, found: Set<string>): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      collectSecrets(child, [...path, Array.isArray(value) ? Number(key) : key], found);
    }
  } else if (typeof value === 'string') {
    if (isSecret(path)) {
      found.add(value);
      const token = /^(?:Bearer|Basic|Token)\s+(\S+)$/i.exec(value)?.[1];
      if (token !== undefined) found.add(token);
    }
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@:]*:([^/\s@]+)@/i.exec(value)?.[1];
    if (password !== undefined) found.add(password);
  }
}

const readByOthers = 0o004;

/** Secrets that stand in a file which every user of the machine can read; null when there are none, or no file. */
export function secretsInTheOpen({
  file,
  inlineSecrets: keys,
}: {
  readonly file: string | null;
  readonly inlineSecrets: readonly string[];
}): Problem | null {
  const mode = file === null || keys.length === 0 ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
  if (file === null || (mode & readByOthers) === 0) return null;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return problem(secretsReadable, `${file} has the mode ${octal} and holds ${keys.slice(0, 5).join(', ')}`, { file });
}

/** Where secrets stand in the file as they are, not as references: paths of keys. */
export function inlineSecrets(tree: ConfigTree): string[] {
  return inlineBelow(tree.root, [], tree);
}

function inlineBelow(value: unknown, path: ConfigPath, tree: ConfigTree): string[] {
  if (typeof value === 'object' && value !== null) {
    const isList = Array.isArray(value);
    return Object.entries(value).flatMap(([key, child]) =>
      inlineBelow(child, [...path, isList ? Number(key) : key], tree),
    );
  }
  return typeof value === 'string' && isSecret(path) && tree.isInline(path) ? [formatPath(path)] : [];
}
