import { errorText } from '../lib/problem.ts';
import { defaultHealthPort } from '../health/config.ts';
import { artifactsMistakes } from '../storage/config.ts';
import { type ConfigPath, type ConfigTree, formatPath, valueAt } from './config-tree.ts';
import {
  artifactsIncomplete,
  commandMissing,
  contextMissing,
  duplicateCluster,
  fileMissing,
  kubeconfigInvalid,
  kubeconfigMissing,
  serverShared,
  sharedServer,
  slackIncomplete,
  wrongValue,
} from './errors.ts';
import { type KubeconfigNames, kubeconfigNames } from './files/kubeconfig.ts';
import { nearest } from './schema-problems.ts';

/** Access to the files that the configuration names; paths are as written there. */
export interface NamedFiles {
  absolute(path: string): string;
  /** @throws Error in one sentence */
  read(path: string): string;
}

/** A cluster of one of the files. */
interface Place {
  readonly tree: ConfigTree;
  readonly index: number;
}

/** What was met in all files: clusters are told apart over all of them. */
export class Met {
  readonly kubeconfigs = new Map<string, KubeconfigNames | Error>();
  readonly names = new Map<string, Place>();
  readonly servers = new Map<string, Place>();
  /** Of servers, by the address alone; null once it was told that several clusters have it. */
  readonly addresses = new Map<string, Place | null>();
}

/** One file with clusters. `main`: the values of the configuration file; `met`: what the files before hold. */
export interface ClusterChecks {
  readonly tree: ConfigTree;
  readonly files: NamedFiles;
  readonly main: unknown;
  readonly met: Met;
}

/**
 * What no schema can say of clusters: names are unique, files are there and hold what they should. Works on the values
 * before the schema, so that all of it is reported together with what the schema finds.
 */
export function checkClusters({ tree, files, main, met }: ClusterChecks): void {
  const clusters = valueAt(tree.root, ['clusters']);
  for (const index of Array.isArray(clusters) ? clusters.keys() : []) {
    checkName(tree, index, met.names);
    checkAddress(tree, ['clusters', index, 'mcp', 'endpoint'], 'mcp.api_key or mcp.headers');
    checkNotOwnAddress(tree, ['clusters', index, 'mcp', 'endpoint'], main);
    checkKubeconfig(tree, index, files, met.kubeconfigs);
    checkCertificate(tree, ['clusters', index, 'mcp', 'ca_file'], files);
    checkServer(tree, index, files, met);
    warnSharedServer(tree, index, met.addresses);
    checkAgentCommand(tree, ['clusters', index, 'overrides', 'agent', 'cli'], main);
  }
}

/** The same of the settings of the fleet. */
export function checkSettings(tree: ConfigTree, files: NamedFiles): void {
  for (const path of [
    ['notify', 'slack', 'api_url'],
    ['notify', 'slack', 'webhook_url'],
    ['notify', 'webhook', 'url'],
    ['health', 'public_url'],
    ['storage', 'artifacts', 'endpoint'],
  ]) {
    checkAddress(tree, path, null);
  }
  for (const provider of ['anthropic', 'openai', 'gemini']) {
    checkAddress(tree, ['gateway', 'models', provider, 'base_url'], `gateway.models.${provider}.api_key`);
  }
  checkSlack(tree);
  checkArtifacts(tree);
  checkAgent(tree, files);
}

function checkName(tree: ConfigTree, index: number, names: Map<string, Place>): void {
  const path: ConfigPath = ['clusters', index, 'name'];
  const name = text(tree, path);
  if (name === null) return;
  const first = names.get(name);
  if (first === undefined) return void names.set(name, { tree, index });
  const message = `cluster name ${tree.found(path)} is used twice, first by ${placeText(first, tree)}`;
  tree.report(duplicateCluster, path, message);
}

/** Where a cluster was met, for a message about one of `here`. */
function placeText({ tree, index }: Place, here: ConfigTree): string {
  const name = `clusters[${index}]`;
  return tree === here ? name : `${name} of ${tree.placeOf(['clusters', index, 'name'])}`;
}

/** Clusters of one server are told apart by the context that each call names. */
function checkServer(tree: ConfigTree, index: number, files: NamedFiles, { kubeconfigs, servers }: Met): void {
  const cluster: ConfigPath = ['clusters', index];
  const path = [...cluster, 'mcp', 'endpoint'];
  const address = URL.parse(text(tree, path) ?? '');
  if (address === null) return;
  const file = text(tree, [...cluster, 'triage', 'kubeconfig']);
  const names = file === null ? undefined : kubeconfigs.get(files.absolute(file));
  const current = names === undefined || names instanceof Error ? null : names.currentContext;
  const context = text(tree, [...cluster, 'triage', 'context']) ?? current;
  const [key, headers] = ['api_key', 'headers'].map((name) => valueAt(tree.root, [...cluster, 'mcp', name]));
  const server = JSON.stringify([address.href, context, key ?? null, headers ?? null]);
  const first = servers.get(server);
  if (first === undefined) {
    servers.set(server, { tree, index });
    return;
  }
  // One that is there twice is told as that.
  if (text(tree, [...cluster, 'name']) === text(first.tree, ['clusters', first.index, 'name'])) return;
  const same = context === null ? 'and no context is set' : `with the same context ${JSON.stringify(context)}`;
  tree.report(sharedServer, path, `clusters[${index}] has the server of ${placeText(first, tree)}, ${same}`);
}

/** One server for several clusters works where it knows their contexts, which nobody can see from here. Told once. */
function warnSharedServer(tree: ConfigTree, index: number, addresses: Met['addresses']): void {
  const path: ConfigPath = ['clusters', index, 'mcp', 'endpoint'];
  const address = URL.parse(text(tree, path) ?? '')?.href;
  if (address === undefined) return;
  const first = addresses.get(address);
  addresses.set(address, first === undefined ? { tree, index } : null);
  if (!first) return;
  tree.warn(serverShared, path, `clusters[${index}] has the server ${tree.found(path)} of ${placeText(first, tree)}`);
}

/** An address holds no user and password: they would not be sent, and addresses are shown. */
function checkAddress(tree: ConfigTree, path: ConfigPath, instead: string | null): void {
  const address = URL.parse(text(tree, path) ?? '');
  if (address === null || (address.username === '' && address.password === '')) return;
  const fields = {
    key: formatPath(path),
    expected: `the address without them${instead === null ? '' : `, and give the credential in ${instead}`}`,
  };
  const message = `${formatPath(path)} is ${tree.found(path)}: a user and password in the address are not sent`;
  tree.report(wrongValue, path, message, { fields });
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** A cluster's server is another program: where this daemon itself listens, it would ask its own health for faults. */
function checkNotOwnAddress(tree: ConfigTree, path: ConfigPath, main: unknown): void {
  const address = URL.parse(text(tree, path) ?? '');
  if (address?.protocol !== 'http:' || !loopbackNames.includes(address.hostname)) return;
  const port = valueAt(main, ['health', 'port']) ?? defaultHealthPort;
  const named = valueAt(main, ['health', 'host']);
  const host = typeof named === 'string' ? named : 'localhost';
  if (port !== Number(address.port || 80) || ![...loopbackNames, '::1', '0.0.0.0', '::'].includes(host)) return;
  const expected = 'the address of the kubernetes-mcp-server; when that is right, set health.port to another one';
  const message = `${formatPath(path)} is ${tree.found(path)}: there this daemon itself listens (health.port ${port})`;
  tree.report(wrongValue, path, message, { fields: { key: formatPath(path), expected } });
}

function checkKubeconfig(
  tree: ConfigTree,
  index: number,
  files: NamedFiles,
  known: Map<string, KubeconfigNames | Error>,
): void {
  const cluster: ConfigPath = ['clusters', index];
  const path = [...cluster, 'triage', 'kubeconfig'];
  const file = text(tree, path);
  if (valueAt(tree.root, [...cluster, 'triage', 'enabled']) === false && file === null) return;
  if (file === null) {
    // A cluster that is no mapping, or a reference that failed, is reported already.
    const clusterValue = valueAt(tree.root, cluster);
    if (typeof clusterValue !== 'object' || valueAt(tree.root, path) !== undefined) return;
    tree.report(kubeconfigMissing, path, `clusters[${index}].triage.kubeconfig is missing, and triage is enabled`, {
      at: 'key',
    });
    return;
  }
  const absolute = files.absolute(file);
  let names = known.get(absolute);
  if (names === undefined) {
    names = readKubeconfig(files, file);
    known.set(absolute, names);
  }
  if (names instanceof NotThereError) {
    tree.report(kubeconfigMissing, path, `kubeconfig ${absolute} ${names.message}`);
  } else if (names instanceof Error) {
    tree.report(kubeconfigInvalid, path, `kubeconfig ${absolute}: ${names.message}`, { fields: { file: absolute } });
  } else {
    checkContext(tree, index, absolute, names);
  }
}

class NotThereError extends Error {}

function readKubeconfig(files: NamedFiles, file: string): KubeconfigNames | Error {
  let content: string;
  try {
    content = files.read(file);
  } catch (error) {
    return new NotThereError(errorText(error));
  }
  try {
    return kubeconfigNames(content);
  } catch (error) {
    return error instanceof Error ? error : new Error(errorText(error));
  }
}

function checkContext(tree: ConfigTree, index: number, file: string, names: KubeconfigNames): void {
  const triage: ConfigPath = ['clusters', index, 'triage'];
  const written = text(tree, [...triage, 'context']);
  const path = [...triage, written === null ? 'kubeconfig' : 'context'];
  const contexts = names.contexts.map(({ name }) => name);
  const fields = { contexts: contexts.slice(0, 10).join(', ') || '(it has none)', file };
  const wanted = written ?? names.currentContext;
  if (wanted === null) {
    tree.report(contextMissing, path, `kubeconfig ${file} has no current-context, and triage.context is not set`, {
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

function checkCertificate(tree: ConfigTree, path: ConfigPath, files: NamedFiles): void {
  const file = text(tree, path);
  if (file === null) return;
  try {
    if (files.read(file).includes('-----BEGIN CERTIFICATE-----')) return;
    tree.report(fileMissing, path, `CA file ${files.absolute(file)} holds no PEM certificate`);
  } catch (error) {
    tree.report(fileMissing, path, `CA file ${files.absolute(file)} ${errorText(error)}`);
  }
}

function checkSlack(tree: ConfigTree): void {
  const path: ConfigPath = ['notify', 'slack'];
  const slack = valueAt(tree.root, path);
  if (typeof slack !== 'object' || slack === null) return;
  const has = (key: string): boolean => key in slack;
  if (has('bot_token') && has('webhook_url')) {
    tree.report(slackIncomplete, [...path, 'webhook_url'], 'notify.slack has both bot_token and webhook_url');
  } else if (has('bot_token') && !has('channel')) {
    tree.report(slackIncomplete, [...path, 'channel'], 'notify.slack has a bot_token and no channel', { at: 'key' });
  } else if (!has('bot_token') && !has('webhook_url') && Object.keys(slack).length > 0) {
    tree.report(slackIncomplete, path, 'notify.slack has neither bot_token nor webhook_url', { at: 'key' });
  }
}

function checkArtifacts(tree: ConfigTree): void {
  const path: ConfigPath = ['storage', 'artifacts'];
  const artifacts = valueAt(tree.root, path);
  if (typeof artifacts !== 'object' || artifacts === null) return;
  for (const { key, message } of artifactsMistakes(artifacts)) {
    const place = key === null ? path : [...path, key];
    tree.report(artifactsIncomplete, place, `storage.artifacts: ${message}`, key === null ? { at: 'key' } : {});
  }
}

function checkAgent(tree: ConfigTree, files: NamedFiles): void {
  const script = text(tree, ['agent', 'script']);
  checkAgentCommand(tree, ['agent', 'cli'], tree.root);
  if (script === null) return;
  try {
    files.read(script);
  } catch (error) {
    tree.report(fileMissing, ['agent', 'script'], `agent.script ${files.absolute(script)} ${errorText(error)}`);
  }
}

function checkAgentCommand(tree: ConfigTree, path: ConfigPath, main: unknown): void {
  const command = valueAt(main, ['agent', 'command']);
  if (valueAt(tree.root, path) !== 'custom' || (Array.isArray(command) && command.length > 0)) return;
  tree.report(commandMissing, path, 'the agent is custom, and agent.command is not set');
}

function text(tree: ConfigTree, path: ConfigPath): string | null {
  const value = valueAt(tree.root, path);
  return typeof value === 'string' ? value : null;
}
