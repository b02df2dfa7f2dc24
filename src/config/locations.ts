import path from 'node:path';
import { clusterNamesIn, readClusterFiles } from './cluster-files.ts';
import { type ConfigPath, ConfigTree, valueAt } from './config-tree.ts';
import { ConfigError, configNotFound, unplaced } from './errors.ts';
import { ConfigFiles, findConfigFile, type FindOptions, notFound } from './files/files.ts';
import { ConfigInputs } from './files/inputs.ts';
import { readTree } from './load.ts';
import { applyEnvironment } from './overrides.ts';

/** What a command beside a running daemon needs to find it. */
export interface Locations {
  /** Absolute path of the state file. */
  readonly stateFile: string;
  readonly dataDir: string;
  /** Folder of the reports; null when they are kept elsewhere than in files. */
  readonly reportsDir: string | null;
  /** Address of the daemon's HTTP server, null when it is turned off. */
  readonly url: string | null;
  readonly token: string | null;
  /** Where people reach it, when that is another address; without a slash at its end. */
  readonly publicUrl: string | null;
  /** Whether who calls its MCP server has to show a key or a token. */
  readonly mcpAsks: boolean;
  readonly clusters: readonly string[];
}

/**
 * Reads only the locations, so that a person without the daemon's secrets in the environment can still look at its
 * state: everything else of the file may be wrong or unset. Without a file, `NIGHTCRIER_DATA_DIR` says where to look.
 * @throws ConfigError when there is no file, or its YAML is broken
 */
export function readLocations(options: FindOptions): Locations {
  const file = findConfigFile(options);
  if (file === null && !options.env['NIGHTCRIER_DATA_DIR']) throw notFound();
  const tree = file === null ? environmentTree(options) : readTree(file, options);
  const files = new ConfigFiles(file === null ? options.cwd : path.dirname(file), options.env);
  const text = (at: ConfigPath, fallback: string): string => {
    const value = valueAt(tree.root, at);
    if (typeof value === 'symbol') throw unusable(tree, at);
    return typeof value === 'string' ? value : fallback;
  };
  const dataDir = files.absolute(text(['data_dir'], './data'));
  const port = valueAt(tree.root, ['health', 'port']);
  const token = valueAt(tree.root, ['health', 'token']);
  const host = connectHost(text(['health', 'host'], '127.0.0.1'));
  const parts = readClusterFiles(tree, files, file, { ...options, inputs: new ConfigInputs() });
  return {
    dataDir,
    reportsDir:
      text(['storage', 'artifacts', 'type'], 'filesystem') === 'filesystem'
        ? path.resolve(dataDir, text(['storage', 'artifacts', 'path'], 'artifacts'))
        : null,
    stateFile: path.resolve(dataDir, text(['storage', 'state', 'path'], 'nightcrier.db')),
    url: port === 0 ? null : `http://${host}:${typeof port === 'number' ? port : 8080}`,
    token: typeof token === 'string' ? token : null,
    publicUrl: text(['health', 'public_url'], '').replace(/\/+$/, '') || null,
    mcpAsks: typeof token === 'string' || text(['mcp', 'auth', 'mode'], 'none') !== 'none',
    // Those that are discovered stand nowhere in the files.
    clusters:
      valueAt(tree.root, ['discovery']) === undefined
        ? [{ tree }, ...parts].flatMap((part) => clusterNamesIn(part))
        : [],
  };
}

function environmentTree(options: FindOptions): ConfigTree {
  const tree = new ConfigTree(null);
  applyEnvironment(tree, options.env);
  return tree;
}

function unusable(tree: ConfigTree, at: ConfigPath): ConfigError {
  const own = tree.problems.filter(({ path }) => path === at.join('.'));
  return new ConfigError(own.length > 0 ? own : [unplaced(configNotFound, `${at.join('.')} is not set`, 'nightcrier')]);
}

/** Where to connect for an address that is listened on: all interfaces means this machine. */
function connectHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
