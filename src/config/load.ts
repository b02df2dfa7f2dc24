import { statSync } from 'node:fs';
import path from 'node:path';
import type { Runbook } from '../domain/decide/match-runbooks.ts';
import { errorText } from '../lib/problem.ts';
import type { Environment } from './environment.ts';
import { checkClusters, checkDiscovery, checkEnvironments, checkSettings } from './checks.ts';
import { Met } from './kubeconfig-checks.ts';
import { type ClusterPart, readClusterFiles } from './cluster-files.ts';
import { type ConfigPath, ConfigTree, formatPath, valueAt } from './config-tree.ts';
import { configSecrets, describeConfig, inlineSecrets } from './describe.ts';
import {
  ConfigError,
  configNotFound,
  type ConfigProblem,
  configUnreadable,
  fileMissing,
  missingKey,
  unplaced,
  wrongValue,
} from './errors.ts';
import { ConfigFiles, displayPath, findConfigFile, type FindOptions, notFound, readText } from './files/files.ts';
import { KnownKubeconfigs } from './files/kubeconfig.ts';
import { ConfigInputs } from './files/inputs.ts';
import { absolutePaths } from './absolute-paths.ts';
import { applyEnvironment, applyFlag } from './overrides.ts';
import { readYaml } from './read-yaml.ts';
import { readRunbooks } from './runbooks/read-runbooks.ts';
import { type Config, configSchema } from './schema.ts';
import { reportSchemaIssues } from './schema-problems.ts';

const maxFileBytes = 10 * 1024 * 1024;

/** Settings from the command line; they win over the environment, which wins over the file. */
export interface ConfigFlags {
  readonly healthPort?: number | 'auto' | undefined;
  readonly logLevel?: string | undefined;
}

export interface LoadOptions extends FindOptions {
  /** The text of a configuration that is in no file, such as what was piped in; its paths are relative to `cwd`. */
  readonly text?: string | undefined;
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
  /** Where secrets stand in the file as they are, not as references: paths of keys. */
  readonly inlineSecrets: readonly string[];
  /** The files that `runbooks.paths` names. */
  readonly runbooks: readonly Runbook[];
  /** The current context of each kubeconfig that it names (absolute), null where the file has none. */
  readonly currentContexts: ReadonlyMap<string, string | null>;
  /** What it was made of. */
  readonly inputs: ConfigInputs;
  /** The effective values as they would be written, without secrets. */
  describe(): Record<string, unknown>;
  /**
   * The same again, with what the files say now; what is read for it is noted in `inputs`, also when it is refused. Null
   * where that cannot be: made in memory, or read from a pipe. @throws ConfigError
   */
  readonly again: ((inputs: ConfigInputs) => LoadedConfig) | null;
}

/** Finds, reads and checks the configuration. @throws ConfigError with everything that is wrong, not the first only. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  if (options.text !== undefined) return loadText(options.text, options);
  const file = findConfigFile(options);
  if (file === null) throw notFound();
  return loadFile(file, options, new ConfigInputs(), new KnownKubeconfigs());
}

function loadText(text: string, options: LoadOptions): LoadedConfig {
  const inputs = new ConfigInputs();
  const files = new ConfigFiles(options.cwd, options.env, inputs);
  const tree = treeOf(text, '<stdin>', files, options.env);
  return {
    ...finish({ ...options, tree, files, file: null, inputs, kubeconfigs: new KnownKubeconfigs() }),
    again: null,
  };
}

function loadFile(
  file: string,
  options: LoadOptions,
  inputs: ConfigInputs,
  kubeconfigs: KnownKubeconfigs,
): LoadedConfig {
  const tree = readTree(file, options, inputs);
  const files = new ConfigFiles(path.dirname(file), options.env, inputs);
  const again = statSync(file, { throwIfNoEntry: false })?.isFile()
    ? (read: ConfigInputs) => loadFile(file, options, read, kubeconfigs)
    : null;
  return { ...finish({ ...options, tree, files, file, inputs, kubeconfigs }), again };
}

/** Checks a configuration that was made in memory; relative paths are relative to `dir`. @throws ConfigError */
export function parseConfig(input: unknown, dir: string): LoadedConfig {
  const tree = new ConfigTree(null);
  tree.root = structuredClone(input);
  const inputs = new ConfigInputs();
  const files = new ConfigFiles(dir, {}, inputs);
  const kubeconfigs = new KnownKubeconfigs();
  return { ...finish({ tree, files, file: null, inputs, kubeconfigs, env: {}, cwd: dir }), again: null };
}

/** The values of a file with the environment's over them, not yet checked. @throws ConfigError when nothing can be read */
export function readTree(file: string, options: FindOptions, inputs = new ConfigInputs()): ConfigTree {
  const shown = displayPath(file, options.cwd);
  let text: string;
  try {
    text = readText(file, maxFileBytes, inputs);
  } catch (error) {
    const reason = errorText(error);
    const kind = reason === 'does not exist' ? configNotFound : configUnreadable;
    throw new ConfigError([unplaced(kind, `the configuration file ${reason}`, shown)]);
  }
  return treeOf(text, shown, new ConfigFiles(path.dirname(file), options.env, inputs), options.env);
}

/** `shown` stands for the file in messages; what the text names is read by `files`. */
function treeOf(text: string, shown: string, files: ConfigFiles, env: Environment): ConfigTree {
  const tree = readYaml(shown, text, { env, readFile: (name) => files.read(name) });
  const unreadable = tree.problems.some(({ path }) => path === '');
  if (unreadable) throw new ConfigError(tree.problems);
  applyEnvironment(tree, env);
  return tree;
}

interface Read extends Pick<ClusterPart, 'tree' | 'files'>, Pick<LoadOptions, 'env' | 'cwd' | 'flags'> {
  readonly file: string | null;
  readonly inputs: ConfigInputs;
  readonly kubeconfigs: KnownKubeconfigs;
}

function finish(read: Read): Omit<LoadedConfig, 'again'> {
  const { tree, files, file, inputs, flags = {} } = read;
  applyFlags(tree, flags);
  const parts = readClusterFiles(tree, files, file, read);
  const parsed = configSchema.safeParse(tree.root);
  if (!parsed.success) reportSchemaIssues(tree, parsed.error.issues);
  checkAnyCluster(tree);
  read.kubeconfigs.begin();
  const met = new Met(read.kubeconfigs);
  const all: readonly Pick<ClusterPart, 'tree' | 'files'>[] = [{ tree, files }, ...parts];
  for (const part of all) checkClusters({ ...part, main: tree.root, met });
  checkSettings(tree, files);
  checkEnvironments(
    tree,
    all.map((part) => part.tree),
  );
  checkDiscovery(tree, files, met);
  const runbooks = parsed.success ? runbooksOf(parsed.data, tree, files, inputs) : [];
  const problems = all.flatMap((part) => part.tree.problems);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const config = absolutePaths(parsed.data, files, parts);
  noteWorkflows(config, inputs);
  const origins = all.flatMap((part) => indexesOf(part.tree).map((index) => ({ tree: part.tree, index })));
  const fromReferences = all.flatMap((part) => [...part.tree.secrets]).filter((secret) => secret.length >= 4);
  return {
    config,
    file,
    healthPort: flags.healthPort === 'auto' ? 'auto' : config.health.port,
    warnings: all.flatMap((part) => part.tree.warnings),
    runbooks,
    inlineSecrets: inlineSecrets(tree),
    secrets: [...new Set([...configSecrets(config), ...fromReferences])],
    currentContexts: new Map(
      [...met.kubeconfigs].map(([name, known]) => [name, known instanceof Error ? null : known.currentContext]),
    ),
    inputs,
    describe: () => describeConfig(config, tree, origins),
  };
}

function indexesOf(tree: ConfigTree): number[] {
  const clusters = valueAt(tree.root, ['clusters']);
  return Array.isArray(clusters) ? [...clusters.keys()] : [];
}

/** Without clusters there is nothing to watch. */
function checkAnyCluster(tree: ConfigTree): void {
  const clusters = valueAt(tree.root, ['clusters']);
  if (['clusters_from', 'discovery'].some((key) => valueAt(tree.root, [key]) !== undefined)) return;
  if (clusters === undefined) {
    const message = 'clusters is missing: expected a list';
    tree.report(missingKey, ['clusters'], message, { fields: { key: 'clusters' }, at: 'key' });
  } else if (Array.isArray(clusters) && clusters.length === 0) {
    const fields = { key: 'clusters', expected: 'a list with at least one entry' };
    tree.report(wrongValue, ['clusters'], 'clusters is an empty list: expected at least one cluster', { fields });
  }
}

function runbooksOf(config: Config, tree: ConfigTree, files: ConfigFiles, inputs: ConfigInputs): readonly Runbook[] {
  const patterns = config.runbooks.paths.map((pattern) => files.absolute(pattern));
  const { runbooks, problems, empty } = readRunbooks(
    patterns,
    (file) => files.read(file),
    (pattern) => inputs.glob(pattern),
  );
  for (const index of empty) {
    const path: ConfigPath = ['runbooks', 'paths', index];
    tree.report(fileMissing, path, `${formatPath(path)} ${tree.found(path)} names no file`);
  }
  tree.problems.push(...problems);
  return runbooks;
}

/** What the files of workflows say is found when they are asked for: here their changes are watched, and none is refused. */
function noteWorkflows({ workflows }: Config, inputs: ConfigInputs): void {
  for (const file of workflows.paths) {
    try {
      readText(file, maxFileBytes, inputs);
    } catch {
      // Why it cannot be read is noted too.
    }
  }
}

function applyFlags(tree: ConfigTree, flags: ConfigFlags): void {
  if (flags.logLevel !== undefined) applyFlag(tree, ['log', 'level'], flags.logLevel, '--log-level');
  if (typeof flags.healthPort === 'number') applyFlag(tree, ['health', 'port'], flags.healthPort, '--health-port');
}
