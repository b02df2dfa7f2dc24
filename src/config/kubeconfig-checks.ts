import { errorText, type ProblemKind } from '../lib/problem.ts';
import { type ConfigPath, type ConfigTree, formatPath, textAt, valueAt } from './config-tree.ts';
import {
  connectionChoice,
  contextMissing,
  fileMissing,
  kubeconfigInvalid,
  kubeconfigMissing,
  sharedServer,
} from './errors.ts';
import type { KnownKubeconfigs, KubeconfigNames } from './files/kubeconfig.ts';
import { nearest } from './schema-problems.ts';

/** Access to the files that the configuration names; paths are as written there. */
export interface NamedFiles {
  absolute(path: string): string;
  /** @throws Error in one sentence */
  read(path: string): string;
}

/** A cluster of one of the files. */
export interface Place {
  readonly tree: ConfigTree;
  readonly index: number;
}

/** What was met in all files: clusters are told apart over all of them. */
export class Met {
  readonly parsed: KnownKubeconfigs;
  readonly kubeconfigs = new Map<string, KubeconfigNames | Error>();
  readonly names = new Map<string, Place>();
  readonly servers = new Map<string, Place>();
  /** Of servers, by the address alone; null once it was told that several clusters have it. */
  readonly addresses = new Map<string, Place | null>();
  readonly watched = new Map<string, Place>();

  constructor(parsed: KnownKubeconfigs) {
    this.parsed = parsed;
  }
}

/** Where a cluster was met, for a message about one of `here`. */
export function placeText({ tree, index }: Place, here: ConfigTree): string {
  const name = `clusters[${index}]`;
  return tree === here ? name : `${name} of ${tree.placeOf(['clusters', index, 'name'])}`;
}

/** A cluster is heard through its MCP server, or its API is watched. */
export function checkConnection(tree: ConfigTree, index: number): void {
  const path: ConfigPath = ['clusters', index];
  const cluster = valueAt(tree.root, path);
  if (typeof cluster !== 'object' || cluster === null || Array.isArray(cluster)) return;
  const has = (key: string): boolean => valueAt(tree.root, [...path, key]) !== undefined;
  if (has('mcp') !== has('watch')) return;
  const both = has('mcp');
  const message = `clusters[${index}] has ${both ? 'both mcp and watch' : 'neither mcp nor watch'}`;
  const fields = { key: formatPath(path) };
  tree.report(connectionChoice, both ? [...path, 'watch'] : path, message, { fields, at: 'key' });
}

/** What is watched must be readable, and no cluster is watched twice. */
export function checkWatch(tree: ConfigTree, index: number, files: NamedFiles, met: Met): void {
  const { kubeconfigs, watched } = met;
  const section: ConfigPath = ['clusters', index, 'watch'];
  const path: ConfigPath = [...section, 'kubeconfig'];
  const file = textAt(tree, path);
  if (file === null) return;
  checkFile(tree, section, fileMissing, files, met);
  const target = JSON.stringify([files.absolute(file), contextOf(tree, section, files, kubeconfigs)]);
  const first = watched.get(target);
  if (first === undefined) {
    watched.set(target, { tree, index });
    return;
  }
  if (textAt(tree, ['clusters', index, 'name']) === textAt(first.tree, ['clusters', first.index, 'name'])) return;
  tree.report(sharedServer, path, `clusters[${index}] watches the same as ${placeText(first, tree)}`);
}

/** What investigations read the cluster with. */
export function checkKubeconfig(tree: ConfigTree, index: number, files: NamedFiles, met: Met): void {
  const cluster: ConfigPath = ['clusters', index];
  const path = [...cluster, 'triage', 'kubeconfig'];
  const file = textAt(tree, path);
  if (valueAt(tree.root, [...cluster, 'triage', 'enabled']) === false && file === null) return;
  // The credential of the watch is good enough.
  if (file === null && valueAt(tree.root, [...cluster, 'watch']) !== undefined) return;
  if (file === null) {
    // A cluster that is no mapping, or a reference that failed, is reported already.
    const clusterValue = valueAt(tree.root, cluster);
    if (typeof clusterValue !== 'object' || valueAt(tree.root, path) !== undefined) return;
    tree.report(kubeconfigMissing, path, `clusters[${index}].triage.kubeconfig is missing, and triage is enabled`, {
      at: 'key',
    });
    return;
  }
  checkFile(tree, [...cluster, 'triage'], kubeconfigMissing, files, met);
}

/** The kubeconfig of a section, and its context. */
export function checkFile(
  tree: ConfigTree,
  section: ConfigPath,
  missing: ProblemKind,
  files: NamedFiles,
  { kubeconfigs, parsed }: Met,
): void {
  const path = [...section, 'kubeconfig'];
  const file = textAt(tree, path) ?? '';
  const absolute = files.absolute(file);
  let names = kubeconfigs.get(absolute);
  if (names === undefined) {
    names = readKubeconfig(files, file, parsed);
    kubeconfigs.set(absolute, names);
  }
  if (names instanceof NotThereError) {
    tree.report(missing, path, `kubeconfig ${absolute} ${names.message}`);
  } else if (names instanceof Error) {
    tree.report(kubeconfigInvalid, path, `kubeconfig ${absolute}: ${names.message}`, { fields: { file: absolute } });
  } else {
    checkContext(tree, section, absolute, names);
  }
}

class NotThereError extends Error {}

function readKubeconfig(files: NamedFiles, file: string, parsed: KnownKubeconfigs): KubeconfigNames | Error {
  let content: string;
  try {
    content = files.read(file);
  } catch (error) {
    return new NotThereError(errorText(error));
  }
  try {
    return parsed.names(content);
  } catch (error) {
    return error instanceof Error ? error : new Error(errorText(error));
  }
}

function checkContext(tree: ConfigTree, section: ConfigPath, file: string, names: KubeconfigNames): void {
  const written = textAt(tree, [...section, 'context']);
  const path = [...section, written === null ? 'kubeconfig' : 'context'];
  const key = `${String(section.at(-1))}.context`;
  const contexts = names.contexts.map(({ name }) => name);
  const fields = { contexts: contexts.slice(0, 10).join(', ') || '(it has none)', file, key };
  const wanted = written ?? names.currentContext;
  if (wanted === null) {
    tree.report(contextMissing, path, `kubeconfig ${file} has no current-context, and ${key} is not set`, {
      fields,
    });
    return;
  }
  const context = names.contexts.find(({ name }) => name === wanted);
  if (context === undefined) {
    const suggestion = nearest(wanted, contexts);
    const hint = suggestion === null ? '' : `, did you mean "${suggestion}"?`;
    tree.report(contextMissing, path, `kubeconfig ${file} has no context ${JSON.stringify(wanted)}${hint}`, { fields });
  } else if (!names.clusters.includes(context.cluster)) {
    const message = `kubeconfig ${file}: context ${wanted} names cluster "${context.cluster}", which the file does not have`;
    tree.report(kubeconfigInvalid, path, message, { fields });
  } else if (context.user !== '' && !names.users.includes(context.user)) {
    const message = `kubeconfig ${file}: context ${wanted} names user "${context.user}", which the file does not have`;
    tree.report(kubeconfigInvalid, path, message, { fields });
  }
}

/** The context that a section with a kubeconfig means; null when that is not known. */
export function contextOf(
  tree: ConfigTree,
  section: ConfigPath,
  files: NamedFiles,
  kubeconfigs: ReadonlyMap<string, KubeconfigNames | Error>,
): string | null {
  const file = textAt(tree, [...section, 'kubeconfig']);
  const names = file === null ? undefined : kubeconfigs.get(files.absolute(file));
  const current = names === undefined || names instanceof Error ? null : names.currentContext;
  return textAt(tree, [...section, 'context']) ?? current;
}
