import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Runbook } from '../domain/decide/match-runbooks.ts';
import { formatDuration, formatSize } from '../lib/format.ts';
import { errorText } from '../lib/problem.ts';
import { checkTree } from './checks.ts';
import { type ConfigPath, ConfigTree, formatPath, hideCredentials } from './config-tree.ts';
import { ConfigError, configNotFound, type ConfigProblem, configUnreadable, fileMissing, unplaced } from './errors.ts';
import { ConfigFiles, displayPath, findConfigFile, type FindOptions, notFound, readText } from './files.ts';
import { applyEnvironment, applyFlag } from './overrides.ts';
import { readYaml } from './read-yaml.ts';
import { readRunbooks } from './runbooks/read-runbooks.ts';
import { type ClusterConfig, type Config, configSchema } from './schema.ts';
import { reportSchemaIssues } from './schema-problems.ts';
import { isDuration, isSecret, isSize, shapeAt } from './schema-shape.ts';

const maxFileBytes = 10 * 1024 * 1024;

/** The script that comes with the program, from `src/config/` and from `dist/config/` alike. */
const packagedScript = fileURLToPath(new URL('../../scripts/run-agent.sh', import.meta.url));

/** Settings from the command line; they win over the environment, which wins over the file. */
export interface ConfigFlags {
  readonly healthPort?: number | 'auto' | undefined;
  readonly logLevel?: string | undefined;
}

export interface LoadOptions extends FindOptions {
  readonly flags?: ConfigFlags;
}

export interface LoadedConfig {
  /** Checked, with defaults, all paths absolute. */
  readonly config: Config;
  /** Absolute path of the file, null for a configuration that was made in memory. */
  readonly file: string | null;
  /** Where health listens: `auto` is a free port, 0 turns it off. */
  readonly healthPort: number | 'auto';
  readonly warnings: readonly ConfigProblem[];
  /** Values that must never be logged. */
  readonly secrets: readonly string[];
  /** The files that `runbooks.paths` names. */
  readonly runbooks: readonly Runbook[];
  /** The effective values as they would be written, without secrets. */
  describe(): Record<string, unknown>;
}

/** Finds, reads and checks the configuration. @throws ConfigError with everything that is wrong, not the first only. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const file = findConfigFile(options);
  if (file === null) throw notFound();
  const tree = readTree(file, options);
  const files = new ConfigFiles(path.dirname(file), options.env);
  return finish(tree, files, file, options.flags ?? {});
}

/** Checks a configuration that was made in memory; relative paths are relative to `dir`. @throws ConfigError */
export function parseConfig(input: unknown, dir: string): LoadedConfig {
  const tree = new ConfigTree(null);
  tree.root = structuredClone(input);
  return finish(tree, new ConfigFiles(dir, {}), null, {});
}

/** The values of a file with the environment's over them, not yet checked. @throws ConfigError when nothing can be read */
export function readTree(file: string, options: FindOptions): ConfigTree {
  const shown = displayPath(file, options.cwd);
  let text: string;
  try {
    text = readText(file, maxFileBytes);
  } catch (error) {
    const reason = errorText(error);
    const kind = reason === 'does not exist' ? configNotFound : configUnreadable;
    throw new ConfigError([unplaced(kind, `the configuration file ${reason}`, shown)]);
  }
  const files = new ConfigFiles(path.dirname(file), options.env);
  const tree = readYaml(shown, text, { env: options.env, readFile: (name) => files.read(name) });
  const unreadable = tree.problems.some(({ path }) => path === '');
  if (unreadable) throw new ConfigError(tree.problems);
  applyEnvironment(tree, options.env);
  return tree;
}

function finish(tree: ConfigTree, files: ConfigFiles, file: string | null, flags: ConfigFlags): LoadedConfig {
  applyFlags(tree, flags);
  const parsed = configSchema.safeParse(tree.root);
  if (!parsed.success) reportSchemaIssues(tree, parsed.error.issues);
  checkTree(tree, files);
  const runbooks = parsed.success ? runbooksOf(parsed.data, tree, files) : [];
  if (!parsed.success || tree.problems.length > 0) throw new ConfigError(tree.problems);
  const config = absolutePaths(parsed.data, files);
  return {
    config,
    file,
    healthPort: flags.healthPort === 'auto' ? 'auto' : config.health.port,
    warnings: tree.warnings,
    runbooks,
    secrets: [...new Set([...configSecrets(config), ...[...tree.secrets].filter((secret) => secret.length >= 4)])],
    describe: () => describeConfig(config, tree),
  };
}

function runbooksOf(config: Config, tree: ConfigTree, files: ConfigFiles): readonly Runbook[] {
  const patterns = config.runbooks.paths.map((pattern) => files.absolute(pattern));
  const { runbooks, problems, empty } = readRunbooks(patterns, (file) => files.read(file));
  for (const index of empty) {
    const path: ConfigPath = ['runbooks', 'paths', index];
    tree.report(fileMissing, path, `${formatPath(path)} ${tree.found(path)} names no file`);
  }
  tree.problems.push(...problems);
  return runbooks;
}

function applyFlags(tree: ConfigTree, flags: ConfigFlags): void {
  if (flags.logLevel !== undefined) applyFlag(tree, ['log', 'level'], flags.logLevel, '--log-level');
  if (typeof flags.healthPort === 'number') applyFlag(tree, ['health', 'port'], flags.healthPort, '--health-port');
}

/**
 * Makes every path of a configuration absolute: relative to the file, `storage.*.path` relative to `data_dir`. A command
 * that begins with `./` or `../` is a path too.
 */
function absolutePaths(config: Config, files: ConfigFiles): Config {
  const dataDir = files.absolute(config.data_dir);
  const { state, artifacts } = config.storage;
  return {
    ...config,
    data_dir: dataDir,
    clusters: config.clusters.map((cluster) => absoluteCluster(cluster, files)),
    agent: {
      ...config.agent,
      script: config.agent.script === undefined ? packagedScript : files.absolute(config.agent.script),
      command: config.agent.command.map((part, index) =>
        index === 0 && /^\.{1,2}\//.test(part) ? files.absolute(part) : part,
      ),
    },
    storage: {
      ...config.storage,
      state: { ...state, path: path.resolve(dataDir, state.path) },
      artifacts: { ...artifacts, path: path.resolve(dataDir, artifacts.path) },
    },
  };
}

function absoluteCluster(cluster: ClusterConfig, files: ConfigFiles): ClusterConfig {
  const { mcp, triage } = cluster;
  return {
    ...cluster,
    mcp: mcp.ca_file === undefined ? mcp : { ...mcp, ca_file: files.absolute(mcp.ca_file) },
    triage: triage.kubeconfig === undefined ? triage : { ...triage, kubeconfig: files.absolute(triage.kubeconfig) },
  };
}

/** The effective values (`LoadedConfig.describe`) as the text of a file. */
export function describedText(values: Record<string, unknown>): string {
  return stringify(values, { lineWidth: 0 });
}

/**
 * The effective configuration as it would be written, without secrets: they are `<secret>`, and values of references
 * are `<from env X>`.
 */
function describeConfig(config: Config, tree: ConfigTree): Record<string, unknown> {
  return describe(config, [], tree) as Record<string, unknown>;
}

/** Every value of the configuration that is a secret, for redaction. Bearer tokens in headers without their scheme. */
function configSecrets(config: Config): string[] {
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
