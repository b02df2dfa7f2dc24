import { errorText } from '../lib/problem.ts';
import { defaultHealthPort } from '../health/config.ts';
import { alertsMistakes, silenceMistakes } from '../intake/config.ts';
import { authMistakes } from '../mcp/config.ts';
import { artifactsMistakes } from '../storage/config.ts';
import { type ConfigPath, type ConfigTree, formatPath, textAt, valueAt } from './config-tree.ts';
import {
  alertsOpen,
  artifactsIncomplete,
  commandMissing,
  duplicateCluster,
  fileMissing,
  mcpAuthIncomplete,
  missingKey,
  serverShared,
  sharedServer,
  silenceInvalid,
  slackIncomplete,
  unusedEnvironment,
  wrongValue,
} from './errors.ts';
import {
  checkConnection,
  checkFile,
  checkKubeconfig,
  checkTeleport,
  checkWatch,
  contextOf,
  type Met,
  type NamedFiles,
  type Place,
  placeText,
} from './kubeconfig-checks.ts';
import { nearest } from './schema-problems.ts';

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
    checkConnection(tree, index);
    checkKubeconfig(tree, index, files, met);
    checkWatch(tree, index, files, met);
    checkTeleport(tree, index, main, met);
    checkCertificate(tree, ['clusters', index, 'mcp', 'ca_file'], files);
    checkServer(tree, index, files, met);
    warnSharedServer(tree, index, met.addresses);
    checkAgentCommand(tree, ['clusters', index, 'overrides', 'agent', 'cli'], main);
    checkSilences(tree, ['clusters', index, 'overrides', 'silences'], true);
  }
}

/** Management clusters have to be reachable by what is written here. */
export function checkDiscovery(tree: ConfigTree, files: NamedFiles, met: Met): void {
  const sources = valueAt(tree.root, ['discovery']);
  for (const index of Array.isArray(sources) ? sources.keys() : []) {
    const section: ConfigPath = ['discovery', index];
    if (textAt(tree, [...section, 'kubeconfig']) !== null) checkFile(tree, section, fileMissing, files, met);
    if (
      valueAt(tree.root, [...section, 'format']) === 'kubeconfig' &&
      textAt(tree, [...section, 'selector']) === null
    ) {
      const key = formatPath([...section, 'selector']);
      const message = `${key} is missing: the format kubeconfig has no labels of its own`;
      tree.report(missingKey, section, message, { fields: { key } });
    }
    checkCertificate(tree, [...section, 'template', 'mcp', 'ca_file'], files);
    checkAgentCommand(tree, [...section, 'template', 'overrides', 'agent', 'cli'], tree.root);
    checkSilences(tree, [...section, 'template', 'overrides', 'silences'], true);
  }
}

/** The same of the settings of the fleet. */
export function checkSettings(tree: ConfigTree, files: NamedFiles): void {
  for (const path of [
    ['notify', 'slack', 'api_url'],
    ['notify', 'slack', 'webhook_url'],
    ['notify', 'webhook', 'url'],
    ['notify', 'pagerduty', 'api_url'],
    ['notify', 'teams', 'webhook_url'],
    ['health', 'public_url'],
    ['storage', 'artifacts', 'endpoint'],
  ]) {
    checkAddress(tree, path, null);
  }
  checkAddress(tree, ['palette', 'endpoint'], 'palette.api_key');
  checkCertificate(tree, ['palette', 'ca_file'], files);
  for (const provider of ['anthropic', 'openai', 'gemini']) {
    checkAddress(tree, ['gateway', 'models', provider, 'base_url'], `gateway.models.${provider}.api_key`);
  }
  checkSilences(tree, ['silences'], false);
  checkSlack(tree);
  checkArtifacts(tree);
  checkAgent(tree, files);
  checkAlerts(tree);
  checkMcp(tree);
}

/** Settings of an environment that no cluster has: a misspelled name would do nothing, and nobody would notice. */
export function checkEnvironments(main: ConfigTree, trees: readonly ConfigTree[]): void {
  const used = new Set(trees.flatMap((tree) => environmentsIn(tree)));
  const environments = valueAt(main.root, ['environments']);
  const names = typeof environments === 'object' && environments !== null ? Object.keys(environments) : [];
  for (const name of names) {
    const path: ConfigPath = ['environments', name];
    checkAgentCommand(main, [...path, 'agent', 'cli'], main.root);
    checkSilences(main, [...path, 'silences'], true);
    // Clusters that are discovered have environments that nobody knows here.
    if (used.has(name) || valueAt(main.root, ['discovery']) !== undefined) continue;
    const suggestion = nearest(name, [...used]);
    const hint = suggestion === null ? '' : `, did you mean "${suggestion}"?`;
    main.warn(unusedEnvironment, path, `no cluster has the environment ${JSON.stringify(name)}${hint}`, { at: 'key' });
  }
}

function environmentsIn(tree: ConfigTree): string[] {
  const clusters = valueAt(tree.root, ['clusters']);
  const indexes = Array.isArray(clusters) ? [...clusters.keys()] : [];
  return indexes.flatMap((index) => textAt(tree, ['clusters', index, 'environment']) ?? []);
}

function checkName(tree: ConfigTree, index: number, names: Map<string, Place>): void {
  const path: ConfigPath = ['clusters', index, 'name'];
  const name = textAt(tree, path);
  if (name === null) return;
  const first = names.get(name);
  if (first === undefined) return void names.set(name, { tree, index });
  const message = `cluster name ${tree.found(path)} is used twice, first by ${placeText(first, tree)}`;
  tree.report(duplicateCluster, path, message);
}

/** Clusters of one server are told apart by the context that each call names. */
function checkServer(tree: ConfigTree, index: number, files: NamedFiles, { kubeconfigs, servers }: Met): void {
  const cluster: ConfigPath = ['clusters', index];
  const path = [...cluster, 'mcp', 'endpoint'];
  const address = URL.parse(textAt(tree, path) ?? '');
  if (address === null) return;
  const context = contextOf(tree, [...cluster, 'triage'], files, kubeconfigs);
  const [key, headers] = ['api_key', 'headers'].map((name) => valueAt(tree.root, [...cluster, 'mcp', name]));
  const server = JSON.stringify([address.href, context, key ?? null, headers ?? null]);
  const first = servers.get(server);
  if (first === undefined) {
    servers.set(server, { tree, index });
    return;
  }
  // One that is there twice is told as that.
  if (textAt(tree, [...cluster, 'name']) === textAt(first.tree, ['clusters', first.index, 'name'])) return;
  const same = context === null ? 'and no context is set' : `with the same context ${JSON.stringify(context)}`;
  tree.report(sharedServer, path, `clusters[${index}] has the server of ${placeText(first, tree)}, ${same}`);
}

/** One server for several clusters works where it knows their contexts, which nobody can see from here. Told once. */
function warnSharedServer(tree: ConfigTree, index: number, addresses: Met['addresses']): void {
  const path: ConfigPath = ['clusters', index, 'mcp', 'endpoint'];
  const address = URL.parse(textAt(tree, path) ?? '')?.href;
  if (address === undefined) return;
  const first = addresses.get(address);
  addresses.set(address, first === undefined ? { tree, index } : null);
  if (!first) return;
  tree.warn(serverShared, path, `clusters[${index}] has the server ${tree.found(path)} of ${placeText(first, tree)}`);
}

/** An address holds no user and password: they would not be sent, and addresses are shown. */
function checkAddress(tree: ConfigTree, path: ConfigPath, instead: string | null): void {
  const address = URL.parse(textAt(tree, path) ?? '');
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
  const address = URL.parse(textAt(tree, path) ?? '');
  if (address?.protocol !== 'http:' || !loopbackNames.includes(address.hostname)) return;
  const port = valueAt(main, ['health', 'port']) ?? defaultHealthPort;
  const named = valueAt(main, ['health', 'host']);
  const host = typeof named === 'string' ? named : 'localhost';
  if (port !== Number(address.port || 80) || ![...loopbackNames, '::1', '0.0.0.0', '::'].includes(host)) return;
  const expected = 'the address of the kubernetes-mcp-server; when that is right, set health.port to another one';
  const message = `${formatPath(path)} is ${tree.found(path)}: there this daemon itself listens (health.port ${port})`;
  tree.report(wrongValue, path, message, { fields: { key: formatPath(path), expected } });
}

function checkCertificate(tree: ConfigTree, path: ConfigPath, files: NamedFiles): void {
  const file = textAt(tree, path);
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
  const [first, second] = ['app_token', 'signing_secret'].filter(has);
  if (second !== undefined) {
    tree.report(slackIncomplete, [...path, second], `notify.slack has both ${first} and ${second}`);
  } else if (first !== undefined && !has('bot_token')) {
    tree.report(slackIncomplete, [...path, first], `notify.slack has ${first} and no bot_token`, { at: 'key' });
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

function checkAlerts(tree: ConfigTree): void {
  const mistakes = alertsMistakes(valueAt(tree.root, ['sources', 'alertmanager']), valueAt(tree.root, ['health']));
  for (const message of mistakes) tree.report(alertsOpen, ['sources', 'alertmanager', 'enabled'], message);
}

function checkMcp(tree: ConfigTree): void {
  for (const message of authMistakes(valueAt(tree.root, ['mcp']), valueAt(tree.root, ['health']))) {
    tree.report(mcpAuthIncomplete, ['mcp', 'auth', 'mode'], message);
  }
}

/** `ofCluster`: they hold for one cluster or environment, whatever else they say. */
function checkSilences(tree: ConfigTree, path: ConfigPath, ofCluster: boolean): void {
  for (const { place, message } of silenceMistakes(valueAt(tree.root, path), ofCluster)) {
    tree.report(silenceInvalid, [...path, ...place], `${formatPath([...path, ...place])}: ${message}`);
  }
}

function checkAgent(tree: ConfigTree, files: NamedFiles): void {
  const script = textAt(tree, ['agent', 'script']);
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
