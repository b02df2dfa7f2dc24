import { z } from 'zod';
import type { TeleportPlace, TshSettings } from '../../domain/cluster-policy.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Spawn, SpawnResult } from '../../lib/process/spawn.ts';
import { listed } from '../../lib/text.ts';
import { clusterForm, nodeForm, type TeleportConfig, userForm } from '../../teleport/config.ts';
import { tshSettings } from '../../teleport/place.ts';
import type { Ways } from '../../teleport/proxy-ping.ts';
import { remoteCommand } from '../../teleport/quote-sh.ts';
import { type SshTarget, Tsh } from '../../teleport/tsh.ts';
import { tshFailure } from '../../teleport/tsh-failure.ts';
import type { ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { teleportFailure } from './failure.ts';

export interface TeleportToolsDeps {
  /** As it is configured now, paths absolute; null when it is not. */
  readonly teleport: () => TeleportConfig | null;
  /** The places of the configured clusters in Teleport, by the names of the clusters. */
  readonly places: () => ReadonlyMap<string, TeleportPlace>;
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Of the daemon. */
  readonly env: Readonly<Record<string, string>>;
  /** The way to the Teleport proxy. */
  readonly ways: Ways;
}

/** Remote commands that tools run are short, ms. */
const commandMs = 20_000;
/** Taken of the output of a command, bytes. */
export const maxOutputBytes = 1024 * 1024;

/** The argument that names a Teleport cluster. */
export const teleportClusterArg = z
  .string()
  .regex(clusterForm, 'the name of a Teleport cluster')
  .describe('A Teleport cluster that may be used (teleport.allowed_clusters); not a name of clusters[].');

/** The arguments that name a login on a node. */
export const targetArgs = {
  cluster: teleportClusterArg,
  node: z
    .string()
    .regex(nodeForm, 'the name of a node')
    .describe(
      'Hostname of the node, as list_teleport_nodes shows it: that of a configured cluster, or one that teleport.allowed_nodes names.',
    ),
  user: z
    .string()
    .regex(userForm, 'a login on a node')
    .optional()
    .describe('Login on the node; without it that of the cluster that is configured there, or teleport.user.'),
};

/** What every result of these tools has. */
export const saidOutput = {
  success: z.boolean().describe('Whether what was asked for is so.'),
  message: z.string().describe('The result in one sentence.'),
};

/** Teleport as the tools of one call may use it. */
export class TeleportUse {
  readonly tsh: Tsh;
  readonly settings: TshSettings;
  readonly config: TeleportConfig;
  readonly #places: readonly TeleportPlace[];
  readonly #call: ToolCall;

  /** @throws ToolError when Teleport is not configured */
  constructor({ teleport, places, spawn, clock, env }: TeleportToolsDeps, call: ToolCall) {
    const config = teleport();
    if (config === null) {
      throw new ToolError(
        'not_installed',
        'Teleport is not configured',
        'Set teleport.proxy and teleport.user (docs/teleport.md).',
      );
    }
    this.config = config;
    this.settings = tshSettings(config);
    this.tsh = new Tsh({ settings: () => this.settings, spawn, clock, env });
    this.#call = call;
    this.#places = [...places()].flatMap(([name, place]) =>
      call.onlyCluster === null || call.onlyCluster === name ? [place] : [],
    );
  }

  /** The Teleport clusters that may be used. */
  get clusters(): readonly string[] {
    const ofPlaces = [...new Set(this.#places.map(({ cluster }) => cluster))];
    return this.#call.onlyCluster === null ? (this.config.allowed_clusters ?? ofPlaces) : ofPlaces;
  }

  /** @throws ToolError `unknown_cluster` */
  cluster(name: string): string {
    if (this.clusters.includes(name)) return name;
    throw new ToolError('unknown_cluster', `the Teleport cluster "${name}" may not be used`, {
      steps: [`Give one of these as cluster: ${listed(this.clusters, 50) || 'none is configured'}.`],
    });
  }

  /** Who goes where, when that is allowed: nothing is started before. @throws ToolError `unknown_cluster`, `policy_denied` */
  target({ cluster, node, user }: { cluster: string; node: string; user?: string | undefined }): SshTarget {
    this.cluster(cluster);
    const here = this.#places.filter((place) => place.cluster === cluster && place.node === node);
    const { user: usual, allowed_nodes: nodes, allowed_users: users } = this.config;
    if (here.length === 0 && (this.#call.onlyCluster !== null || !nodes.some((glob) => globPattern(glob).test(node)))) {
      throw new ToolError('policy_denied', `the node ${node} of ${cluster} may not be reached`, {
        steps: ['Name the node of a configured cluster, or let an operator add it to teleport.allowed_nodes.'],
      });
    }
    // The login of a place is good there alone: elsewhere it may be another's, or root.
    const known = [...here.map((place) => place.user), usual, ...users];
    const login = user ?? known[0] ?? usual;
    if (!known.includes(login)) {
      throw new ToolError('policy_denied', `the login ${login} may not be used on ${node} of ${cluster}`, {
        steps: [`Leave user out, or give one of these: ${listed([...new Set(known)], 20)}.`],
      });
    }
    return { cluster, node, user: login };
  }

  /** One command on a node. `isAnswer`: whether a command that ended with an error has said something all the same. @throws ToolError */
  async run(target: SshTarget, command: readonly string[], isAnswer: (result: SpawnResult) => boolean = () => false) {
    const { signal } = this.#call;
    const result = await this.tsh.ssh(target, command, { timeoutMs: commandMs, maxOutputBytes, signal });
    signal.throwIfAborted();
    const failure = tshFailure(result);
    if (failure === null || (failure.kind === 'remote' && isAnswer(result))) return result;
    if (failure.kind !== 'remote')
      throw teleportFailure(this.tsh.errorOf(failure, target), this.settings, target.cluster);
    const { cluster, node, user } = target;
    throw new ToolError(
      'upstream_unavailable',
      `${command[0]} failed on ${node}: ${failure.message}`,
      {
        steps: [`Run it by hand: tsh ssh --cluster=${cluster} ${user}@${node} ${remoteCommand(command)}`],
      },
      { retryable: false },
    );
  }
}

/** `*` is any text within a name, `**` any text, `?` one letter. */
export function globPattern(glob: string): RegExp {
  const parts = glob.split(/(\*\*\/|\*\*|\*|\?)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join('')}$`);
}
