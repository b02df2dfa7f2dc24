import { mkdir } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { TeleportPlace, TshSettings } from '../domain/cluster-policy.ts';
import type { Clock } from '../lib/clock.ts';
import type { Spawn, SpawnResult } from '../lib/process/spawn.ts';
import { TeleportError } from './errors.ts';
import { remoteCommand } from './quote-sh.ts';
import type { TshFailure } from './tsh-failure.ts';

/** A login on a node. Its names have their forms (`config.ts`) already. */
export interface SshTarget {
  readonly cluster: string;
  readonly node: string;
  readonly user: string;
}

export interface TshLimits {
  /** Wall clock, ms; over it SIGTERM to the whole group, then SIGKILL. */
  readonly timeoutMs: number;
  /** Of each stream; more is counted and thrown away. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
  /** Text for standard input, which is closed without it. */
  readonly input?: string;
  /** Takes standard output as it comes, instead of keeping it. */
  readonly pipe?: Writable;
}

export interface TshOptions {
  readonly settings: () => TshSettings;
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Of the daemon: PATH, proxies and certificate authorities are taken from it, nothing else. */
  readonly env: Readonly<Record<string, string>>;
}

/** Between SIGTERM and SIGKILL, ms. */
const graceMs = 2000;
const maxOutputBytes = 1024 * 1024;

/** Log in again (with a browser), ask for access, resume a broken session: a daemon wants none of it. */
const sshFlags = ['--no-relogin', '--request-mode=off', '--no-resume'];

/** The arguments for one remote command. Without `-t` there is no terminal; flags end at the host. */
export function sshArguments({ cluster, node, user }: SshTarget, command: readonly string[]): string[] {
  return ['ssh', ...sshFlags, `--cluster=${cluster}`, `${user}@${node}`, remoteCommand(command)];
}

/** kubectl on the node of a place. */
export function kubectlCommand({ sudo }: Pick<TeleportPlace, 'sudo'>, args: readonly string[]): string[] {
  return [...(sudo ? ['sudo'] : []), 'kubectl', ...args];
}

/**
 * Runs tsh: by an array of arguments, never by a shell of ours, in a process group of its own with limits, with a folder
 * of its own and nobody's login but the one that is kept there or in the identity file. Never `tsh login`.
 */
export class Tsh {
  readonly #options: TshOptions;

  constructor(options: TshOptions) {
    this.#options = options;
  }

  get settings(): TshSettings {
    return this.#options.settings();
  }

  /** Never rejects: how it ended is data (`tshFailure`). */
  async run(args: readonly string[], limits: TshLimits, env: Record<string, string> = {}): Promise<SpawnResult> {
    const { settings, spawn, clock } = this.#options;
    const { tsh, home } = settings();
    // Whether it could be made is seen when tsh wants to use it.
    await mkdir(home, { recursive: true, mode: 0o700 }).catch(() => {});
    return await spawn(tsh, args, {
      graceMs,
      maxOutputBytes,
      ...limits,
      env: { ...tshEnvironment(settings(), this.#options.env), ...env },
      clock,
    });
  }

  /** One command on a node, each word as it is given. @throws RangeError for words that cannot be quoted */
  ssh(target: SshTarget, command: readonly string[], limits: TshLimits): Promise<SpawnResult> {
    return this.run(sshArguments(target, command), limits);
  }

  /** A failure as people are told of it; `at`: what was asked for. */
  errorOf(failure: TshFailure, at: Partial<SshTarget> & { readonly kubeCluster?: string } = {}): TeleportError {
    const { tsh, home, proxy } = this.settings;
    const { cluster = 'CLUSTER', node = 'NODE', user = 'USER', kubeCluster: kube = 'KUBE_CLUSTER' } = at;
    const login = loginFix(this.settings, cluster);
    const fields = { tsh, home, proxy, login, cluster, node, user, kube };
    return new TeleportError(failure.kind, failure.message, fields);
  }
}

/** How tsh gets a login that is valid, as the end of a sentence. */
function loginFix({ home, proxy, identityFile }: TshSettings, cluster: string): string {
  if (identityFile !== null) return `see to it that tbot runs and renews ${identityFile}`;
  return `let tbot write an identity file and set teleport.identity_file, or run TELEPORT_HOME=${home} tsh login --proxy=${proxy} ${cluster}`;
}

/** What of our environment concerns how a program reaches the network. */
const passedOn = /^(?:PATH|LANG|TZ|(?:https?|no|all)_proxy|SSL_CERT_(?:FILE|DIR))$/i;

/**
 * The environment of tsh, made anew: no login, agent or kubeconfig of a person gets into it. Its names are those of
 * https://goteleport.com/docs/reference/cli/tsh/.
 */
function tshEnvironment(settings: TshSettings, env: Readonly<Record<string, string>>): Record<string, string> {
  const { home, proxy, identityFile } = settings;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => passedOn.test(name))),
    // ~/.kube/config and ~/.ssh are looked for there.
    HOME: home,
    TELEPORT_HOME: home,
    TELEPORT_PROXY: proxy,
    ...(identityFile === null ? {} : { TELEPORT_IDENTITY_FILE: identityFile }),
    // With managed updates tsh would run another program in its place.
    TELEPORT_TOOLS_VERSION: 'off',
    TELEPORT_LOGIN_BROWSER: 'none',
    TELEPORT_ADD_KEYS_TO_AGENT: 'no',
  };
}
