import path from 'node:path';
import { errorText } from '../lib/problem.ts';
import { type ConfigPath, type ConfigTree, formatPath, valueAt } from './config-tree.ts';
import { clusterFiles, type ConfigProblem, unplaced } from './errors.ts';
import { ConfigFiles, displayPath, type FindOptions, readText } from './files/files.ts';
import type { ConfigInputs } from './files/inputs.ts';
import { readYaml } from './read-yaml.ts';
import { type ClusterConfig, clustersFileSchema } from './schema.ts';
import { reportSchemaIssues } from './schema-problems.ts';

/** A file with clusters: its values, and the files that it names. */
export interface ClusterPart {
  readonly tree: ConfigTree;
  readonly files: ConfigFiles;
  /** Checked, paths as written; none of a file in which something is wrong. */
  readonly clusters: readonly ClusterConfig[];
}

const maxFiles = 5000;
const maxFileBytes = 10 * 1024 * 1024;

type Options = Pick<FindOptions, 'env' | 'cwd'> & { readonly inputs: ConfigInputs };

/**
 * The files that `clusters_from` names, each read as the configuration itself is: references, places, the schema.
 * `own`: the configuration file. What is wrong with a pattern is noted in `main`, what is wrong with a file in its own
 * tree.
 */
export function readClusterFiles(
  main: ConfigTree,
  files: ConfigFiles,
  own: string | null,
  options: Options,
): ClusterPart[] {
  const patterns = valueAt(main.root, ['clusters_from']);
  const names = new Set<string>();
  for (const [index, pattern] of (Array.isArray(patterns) ? patterns : []).entries()) {
    if (typeof pattern !== 'string') continue;
    const at: ConfigPath = ['clusters_from', index];
    const found = options.inputs.glob(files.absolute(pattern));
    if (found.length === 0) main.report(clusterFiles, at, `${formatPath(at)} ${main.found(at)} names no file`);
    if (own !== null && found.includes(own))
      main.report(clusterFiles, at, `${formatPath(at)} ${main.found(at)} names the configuration file itself`);
    for (const name of found) if (name !== own) names.add(name);
  }
  if (names.size > maxFiles)
    main.report(
      clusterFiles,
      ['clusters_from'],
      `clusters_from names ${names.size} files: at most ${maxFiles} are read`,
    );
  return [...names].slice(0, maxFiles).map((name) => readPart(name, options));
}

function readPart(file: string, { env, cwd, inputs }: Options): ClusterPart {
  const files = new ConfigFiles(path.dirname(file), env, inputs);
  const shown = displayPath(file, cwd);
  let text = '';
  let refused: ConfigProblem | null = null;
  try {
    text = readText(file, maxFileBytes, inputs);
  } catch (error) {
    refused = unplaced(clusterFiles, `${shown} ${errorText(error)}`, shown);
  }
  const tree = readYaml(shown, text, { env, readFile: (name) => files.read(name) });
  if (refused !== null) tree.problems.splice(0, Infinity, refused);
  // Nothing else is known of a file that cannot be read.
  if (tree.problems.some(({ path: at }) => at === '')) return { tree, files, clusters: [] };
  const parsed = clustersFileSchema.safeParse(tree.root);
  if (!parsed.success) reportSchemaIssues(tree, parsed.error.issues);
  return { tree, files, clusters: parsed.data?.clusters ?? [] };
}

/** The names of the clusters in the files of `clusters_from`, whatever is wrong with them. */
export function clusterNamesIn(part: Pick<ClusterPart, 'tree'>): string[] {
  const clusters = valueAt(part.tree.root, ['clusters']);
  return (Array.isArray(clusters) ? clusters : []).flatMap((one) => {
    const name = valueAt(one, ['name']);
    return typeof name === 'string' ? [name] : [];
  });
}
