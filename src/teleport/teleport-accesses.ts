import path from 'node:path';
import type { Dispatcher } from 'undici';
import type { TeleportPlace } from '../domain/cluster-policy.ts';
import { type ApiAccess, openApiAccess } from '../kube/credential/api-access.ts';
import type { Clock } from '../lib/clock.ts';
import type { Spawn, SpawnOptions, SpawnResult } from '../lib/process/spawn.ts';
import { killMarkedProcesses } from '../lib/process/marked-processes.ts';
import { once } from '../lib/work/once.ts';
import { asReadError, TeleportError } from './errors.ts';
import { KubeProxy } from './kube-proxy.ts';
import { kubectlCommand, Tsh } from './tsh.ts';
import { remoteStderr, tshFailure } from './tsh-failure.ts';

export interface TeleportOptions {
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Of the daemon. */
  readonly env: Readonly<Record<string, string>>;
  readonly random?: () => number;
}

/** One cluster through Teleport. */
export interface TeleportAccess {
  /** Its API, for reading. */
  readonly api: ApiAccess;
  /** Runs kubectl where the cluster is: with these arguments, which say nothing of a kubeconfig. Never rejects. */
  readonly kubectl: (
    args: readonly string[],
    limits: Pick<SpawnOptions, 'timeoutMs' | 'maxOutputBytes' | 'signal' | 'input'>,
  ) => Promise<SpawnResult>;
  /** Ends what it holds open. */
  close(): Promise<void>;
}

/** The ways to clusters through Teleport, each made when it is first needed and kept. */
export class TeleportAccesses {
  readonly #options: TeleportOptions;
  readonly #made = new Map<string, TeleportAccess>();
  readonly #closing = new Set<Promise<void>>();
  #proxies = 0;

  constructor(options: TeleportOptions) {
    this.#options = options;
  }

  /** The way to a cluster by its name here; a place that has changed has to be forgotten before. */
  of(cluster: string, place: TeleportPlace): TeleportAccess {
    const known = this.#made.get(cluster);
    if (known) return known;
    const tsh = new Tsh({ ...this.#options, settings: () => place.via });
    const made = place.access === 'ssh' ? sshAccess(tsh, place, this.#options) : this.#kubeAccess(tsh, cluster, place);
    this.#made.set(cluster, made);
    return made;
  }

  #kubeAccess(tsh: Tsh, cluster: string, place: TeleportPlace): TeleportAccess {
    this.#proxies += 1;
    const kubeconfig = path.join(place.via.home, 'kube', `${cluster}.${process.pid}-${this.#proxies}.yaml`);
    return kubeAccess(tsh, kubeconfig, place, this.#options);
  }

  /** Ends the way to a cluster; who uses it now ends with it. */
  forget(cluster: string): void {
    const made = this.#made.get(cluster);
    this.#made.delete(cluster);
    if (made === undefined) return;
    const closing = made.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async close(): Promise<void> {
    for (const cluster of this.#made.keys()) this.forget(cluster);
    await Promise.all(this.#closing);
  }
}

/** Loaded with the first cluster that is read this way: undici takes 20 MB. */
const dispatchers = () => import('./ssh-dispatcher.ts');

function sshAccess(tsh: Tsh, place: TeleportPlace, { clock }: TeleportOptions): TeleportAccess {
  let made: Promise<Dispatcher> | null = null;
  const dispatcher = (): Promise<Dispatcher> => {
    made ??= dispatchers().then(({ SshDispatcher }) => new SshDispatcher(tsh, place, clock));
    return made;
  };
  return {
    api: {
      // kubectl on the node knows the address; ours stands for it.
      connect: async () => ({ dispatcher: await dispatcher(), server: 'http://kubernetes.invalid', headers: {} }),
      refused: () => false,
    },
    async kubectl(args, limits) {
      return asOfKubectl(await tsh.ssh(place, kubectlCommand(place, args), limits));
    },
    close: async () => await (await made)?.destroy(),
  };
}

function kubeAccess(tsh: Tsh, kubeconfig: string, place: TeleportPlace, options: TeleportOptions): TeleportAccess {
  const { spawn, clock, env, random = Math.random } = options;
  const proxy = new KubeProxy({ tsh, place, kubeconfig, clock, random, killMarked: killMarkedProcesses });
  const open = once(() => openApiAccess([kubeconfig], null, { spawn, clock, env }));
  return {
    api: {
      async connect() {
        await proxy.ready().catch((error: unknown) => {
          throw error instanceof TeleportError ? asReadError(error) : error;
        });
        return await (await open()).connect();
      },
      // Who is asked for a credential is the proxy, which renews its own.
      refused: () => false,
    },
    async kubectl(args, limits) {
      try {
        await proxy.ready();
      } catch (error) {
        return failed(error instanceof Error ? error.message : String(error));
      }
      const own = ['--kubeconfig', kubeconfig, '--cache-dir', path.join(place.via.home, 'kubectl-cache')];
      return await spawn('kubectl', [...own, ...args], { graceMs: 500, ...limits, env, clock });
    },
    close: () => proxy.stop(),
  };
}

/** The end of a remote kubectl as if it had run here: what tsh itself says is one line of an error. */
function asOfKubectl(result: SpawnResult): SpawnResult {
  const failure = tshFailure(result);
  if (failure === null) return result;
  if (failure.kind === 'remote') return { ...result, stderr: remoteStderr(result.stderr) };
  const said = failed(failure.message);
  return result.reason === 'exit' || result.reason === 'spawn_failed' ? said : { ...said, reason: result.reason };
}

function failed(message: string): SpawnResult {
  return {
    reason: 'exit',
    exitCode: 1,
    exitSignal: null,
    stdout: '',
    stderr: `error: ${message}\n`,
    droppedBytes: 0,
    durationMs: 0,
    error: null,
  };
}
