import path from 'node:path';
import { errorText } from '../lib/problem.ts';
import { absolutePaths } from './absolute-paths.ts';
import { checkTree } from './checks.ts';
import { ConfigError, type ConfigProblem, unplaced } from './config-error.ts';
import { ConfigFiles, readText } from './config-files.ts';
import { ConfigTree } from './config-tree.ts';
import { configSecrets, describeConfig } from './describe.ts';
import { configNotFound, configUnreadable } from './errors.ts';
import { displayPath, findConfigFile, type FindOptions, notFound } from './find-file.ts';
import { applyEnvironment, applyFlag } from './overrides.ts';
import { readYaml } from './read-yaml.ts';
import { type Config, configSchema } from './schema.ts';
import { reportSchemaIssues } from './schema-problems.ts';

const maxFileBytes = 10 * 1024 * 1024;

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
  if (!parsed.success || tree.problems.length > 0) throw new ConfigError(tree.problems);
  const config = absolutePaths(parsed.data, files);
  return {
    config,
    file,
    healthPort: flags.healthPort === 'auto' ? 'auto' : config.health.port,
    warnings: tree.warnings,
    secrets: [...new Set([...configSecrets(config), ...[...tree.secrets].filter((secret) => secret.length >= 4)])],
    describe: () => describeConfig(config, tree.displays),
  };
}

function applyFlags(tree: ConfigTree, flags: ConfigFlags): void {
  if (flags.logLevel !== undefined) applyFlag(tree, ['log', 'level'], flags.logLevel, '--log-level');
  if (typeof flags.healthPort === 'number') applyFlag(tree, ['health', 'port'], flags.healthPort, '--health-port');
}
