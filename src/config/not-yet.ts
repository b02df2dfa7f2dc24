import { isDeepStrictEqual } from 'node:util';
import { type ConfigPath, formatPath, valueAt } from './config-path.ts';
import type { ConfigTree } from './config-tree.ts';
import { notYet } from './errors.ts';
import { unresolved } from './read-yaml.ts';

interface Reserved {
  readonly path: readonly string[];
  /** What the setting belongs to. */
  readonly part: string;
  /** The values that are taken today; everything else is refused. Empty: none is. */
  readonly taken: readonly unknown[];
}

const containers = 'agents in containers';
const azure = 'artifacts in Azure Blob Storage';
const agentClis = 'agents other than builtin and custom';
const breaker = 'the circuit breaker';

const reserved: readonly Reserved[] = [
  { path: ['clusters_from'], part: 'reading clusters from other files', taken: [[]] },
  { path: ['agent', 'runner'], part: containers, taken: ['auto', 'process'] },
  { path: ['agent', 'cli'], part: agentClis, taken: ['builtin', 'custom'] },
  { path: ['agent', 'image'], part: containers, taken: ['nightcrier-agent:latest'] },
  { path: ['agent', 'network'], part: containers, taken: ['bridge'] },
  { path: ['agent', 'limits', 'memory'], part: containers, taken: ['2Gi'] },
  { path: ['agent', 'limits', 'cpus'], part: containers, taken: [2] },
  { path: ['agent', 'limits', 'pids'], part: containers, taken: [512] },
  { path: ['circuit_breaker', 'failures'], part: breaker, taken: [3] },
  { path: ['circuit_breaker', 'cool_down'], part: breaker, taken: ['5m'] },
  { path: ['circuit_breaker', 'notify'], part: breaker, taken: [true] },
  { path: ['storage', 'artifacts', 'type'], part: azure, taken: ['filesystem'] },
  ...['connection_string', 'account', 'key', 'endpoint', 'container', 'sas_expiry', 'create_container'].map((key) => ({
    path: ['storage', 'artifacts', key],
    part: azure,
    taken: [],
  })),
  { path: ['notify', 'webhook', 'url'], part: 'messages to a webhook', taken: [] },
  { path: ['notify', 'webhook', 'secret'], part: 'messages to a webhook', taken: [] },
];

/** Refuses the settings of parts that do not exist yet when they are set to anything but their default. */
export function refuseNotYet(tree: ConfigTree): void {
  for (const { path, part, taken } of reserved) refuse(tree, path, part, taken);
  const clusters = valueAt(tree.root, ['clusters']);
  if (!Array.isArray(clusters)) return;
  for (const index of clusters.keys()) {
    refuse(tree, ['clusters', index, 'overrides', 'agent', 'cli'], agentClis, ['builtin', 'custom']);
  }
}

function refuse(tree: ConfigTree, path: ConfigPath, part: string, taken: readonly unknown[]): void {
  const value = valueAt(tree.root, path);
  if (value === undefined || value === unresolved || taken.some((one) => isDeepStrictEqual(one, value))) return;
  const key = formatPath(path);
  if (tree.problems.some((problem) => problem.path === key)) return;
  const known = taken.filter((one) => !Array.isArray(one)).join(' or ');
  const instead = known === '' ? '' : `, only ${known} is taken`;
  const found = Array.isArray(value) ? 'set' : tree.found(path);
  tree.report(notYet, path, `${key} is ${found}: ${part} do${plural(part)} not exist yet${instead}`);
}

function plural(part: string): string {
  return /^(?:agents|artifacts|messages)/.test(part) ? '' : 'es';
}
