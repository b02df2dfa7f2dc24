import { errorText, type ProblemKind } from '../lib/problem.ts';
import { listed } from '../lib/text.ts';
import { type ConfigPath, type ConfigTree, formatPath, textAt, valueAt } from './config-tree.ts';
import {
  connectionChoice,
  contextMissing,
  fileMissing,
  kubeconfigInvalid,
  kubeconfigMissing,
  missingKey,
  sharedServer,
  wrongValue,
} from './errors.ts';
import type { KnownKubeconfigs, KubeconfigNames } from './files/kubeconfig.ts';
import { isMapping } from './schema.ts';
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
  readonly teleportPlaces = new Map<string, Place>();

  constructor(parsed: KnownKubeconfigs) {
    this.parsed = parsed;
  }
}

/** Where a cluster was met, for a message about one of `here`. */
export function placeText({ tree, index }: Place, here: ConfigTree): string {
  const name = `clusters[${index}]`;
  return tree === here ? name : `${name} of ${tree.placeOf(['clusters', index, 'name'])}`;
}

/** A cluster is heard through its MCP server, or its API is watched, with a kubeconfig or through Teleport. */
export function checkConnection(tree: ConfigTree, index: number): void {
  const path: ConfigPath = ['clusters', index];
  const cluster = valueAt(tree.root, path);
  if (typeof cluster !== 'object' || cluster === null || Array.isArray(cluster)) return;
  const has = (key: string): boolean => valueAt(tree.root, [...path, key]) !== undefined;
  const both = has('mcp') && has('watch');
  if (!both && (has('mcp') || has('watch') || has('teleport'))) return;
  const message = `clusters[${index}] has ${both ? 'both mcp and watch' : 'neither mcp nor watch nor teleport'}`;
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
  // The credential of the watch is good enough, and so is the way through Teleport.
  const has = (key: string): boolean => valueAt(tree.root, [...cluster, key]) !== undefined;
  if (file === null && (has('watch') || has('teleport'))) return;
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

/**
 * A cluster behind Teleport needs to know the proxy, must be one of the clusters that may be used, and no other may be
 * read with the same kubectl. `main`: the values of the configuration file.
 */
export function checkTeleport(tree: ConfigTree, index: number, main: unknown, met: Met): void {
  const section: ConfigPath = ['clusters', index, 'teleport'];
  if (!isMapping(valueAt(tree.root, section))) return;
  const fleet = valueAt(main, ['teleport']);
  if (fleet === undefined) {
    const message = `clusters[${index}] has teleport, and nothing says where Teleport is (teleport.proxy, teleport.user)`;
    tree.report(missingKey, section, message, { fields: { key: 'teleport.proxy and teleport.user' }, at: 'key' });
    return;
  }
  checkAllowed(tree, [...section, 'cluster'], valueAt(fleet, ['allowed_clusters']));
  checkPlace(tree, index, met);
}

function checkAllowed(tree: ConfigTree, path: ConfigPath, allowed: unknown): void {
  const cluster = textAt(tree, path);
  if (cluster === null || !Array.isArray(allowed) || allowed.includes(cluster)) return;
  const names = allowed.filter((name) => typeof name === 'string');
  const message = `${formatPath(path)} is ${tree.found(path)}, which teleport.allowed_clusters does not name`;
  const expected = `one of ${listed(names, 10)}, or add it to teleport.allowed_clusters`;
  tree.report(wrongValue, path, message, { fields: { key: formatPath(path), expected } });
}

function checkPlace(tree: ConfigTree, index: number, { teleportPlaces }: Met): void {
  const section: ConfigPath = ['clusters', index, 'teleport'];
  const [cluster, node, user, access] = ['cluster', 'node', 'user', 'access'].map((key) =>
    textAt(tree, [...section, key]),
  );
  if (access === 'kube' || cluster == null || node == null) return;
  const place = JSON.stringify([cluster, node, user]);
  const first = teleportPlaces.get(place);
  if (first === undefined) {
    teleportPlaces.set(place, { tree, index });
    return;
  }
  // One that is there twice is told as that.
  if (textAt(tree, ['clusters', index, 'name']) === textAt(first.tree, ['clusters', first.index, 'name'])) return;
  const message = `clusters[${index}] is read with the kubectl of the same Teleport node as ${placeText(first, tree)}`;
  tree.report(sharedServer, [...section, 'node'], message);
}
