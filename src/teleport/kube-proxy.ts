import { access, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TeleportPlace } from '../domain/cluster-policy.ts';
import { linked, type LinkedAbort } from '../lib/abort.ts';
import { backoffDelay, type BackoffPolicy } from '../lib/backoff.ts';
import { type Clock, delay } from '../lib/clock.ts';
import type { killMarkedProcesses } from '../lib/process/marked-processes.ts';
import { signalProcess } from '../lib/process/send-signal.ts';
import type { TeleportError } from './errors.ts';
import type { Tsh } from './tsh.ts';
import { tshFailure, type TshFailure } from './tsh-failure.ts';

export interface KubeProxyOptions {
  readonly tsh: Tsh;
  readonly place: TeleportPlace;
  /**
   * Where the proxy writes the kubeconfig that leads to it, absolute: `NAME.PID-N.yaml`, with the process that it is for.
   * No two proxies have the same: each takes its file away when it ends.
   */
  readonly kubeconfig: string;
  readonly killMarked: typeof killMarkedProcesses;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Until the proxy has written its kubeconfig, ms, and between looks for it. */
const startMs = 30_000;
const lookMs = 100;
/** `tsh status` without a network, ms. */
const statusMs = 10_000;
const again: BackoffPolicy = { initialMs: 1000, maxMs: 60_000 };
/** One that ran so long was good: the back-off begins anew, ms. */
const stableMs = 60_000;
/** As long as a timer can be; then it is started anew, ms. */
const lifeMs = 2 ** 31 - 1;
const maxOutputBytes = 64 * 1024;

/**
 * The local proxy of a Kubernetes cluster (`tsh proxy kube`) as a child that is started anew with a back-off when it ends,
 * and ended with us. Its port is its own choice: it stands in the kubeconfig, which is read again at each call.
 *
 *   idle ─▶ starting ─▶ up ─▶ waiting ─▶ starting        starting ─▶ waiting        any ─▶ stopped
 */
export class KubeProxy {
  readonly #options: KubeProxyOptions;
  readonly #stopping = new AbortController();
  #state: 'idle' | 'starting' | 'up' | 'waiting' | 'stopped' = 'idle';
  #loop: Promise<void> | null = null;
  #attempt = Promise.withResolvers<void>();
  #failure: TeleportError | null = null;
  /** Of the child that runs. */
  #life: LinkedAbort | null = null;

  constructor(options: KubeProxyOptions) {
    this.#options = options;
  }

  /** Starts it the first time; resolves when it is up. @throws TeleportError while it cannot be had */
  async ready(): Promise<void> {
    this.#loop ??= this.#run();
    // Somebody has taken the file away: of no use without it.
    if (this.#state === 'up' && !(await isThere(this.#options.kubeconfig))) this.#life?.abort();
    if (this.#state === 'starting') await this.#attempt.promise;
    if (this.#failure !== null) throw this.#failure;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'));
    await this.#loop;
    this.#state = 'stopped';
  }

  async #run(): Promise<void> {
    const { clock, random, tsh, place } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const began = clock.monotonic();
      this.#state = 'starting';
      this.#attempt = Promise.withResolvers<void>();
      const failure = await this.#once(signal);
      this.#failure = tsh.errorOf(failure, place);
      this.#state = 'waiting';
      this.#attempt.resolve();
      if (clock.monotonic() - began >= stableMs) attempt = 0;
      await delay(clock, backoffDelay(again, attempt, random), signal).catch(() => {});
    }
  }

  /** From the start of the child to its end, and why it ended. */
  async #once(signal: AbortSignal): Promise<TshFailure> {
    const { tsh, place, kubeconfig } = this.#options;
    const notReady = await this.#notLoggedIn(signal);
    if (notReady !== null) return notReady;
    await mkdir(path.dirname(kubeconfig), { recursive: true, mode: 0o700 });
    await this.#endAbandoned();
    const life = linked(signal);
    this.#life = life;
    const limits = { timeoutMs: lifeMs, maxOutputBytes, signal: life.signal };
    const args = ['proxy', 'kube', place.kubeCluster, `--cluster=${place.cluster}`];
    const child = tsh.run(args, limits, { TELEPORT_KUBECONFIG: kubeconfig });
    const isUp = await this.#comesUp(child, signal);
    if (!isUp) life.abort();
    const result = await child.finally(() => life.letGo());
    if (!isUp && result.reason === 'aborted' && !signal.aborted)
      return { kind: 'timeout', message: 'tsh proxy kube did not come up in time' };
    return tshFailure(result) ?? { kind: 'failed', message: 'tsh proxy kube has ended' };
  }

  /** Ends what processes have left that are gone, with their files: a crash takes no child with it. */
  async #endAbandoned(): Promise<void> {
    const { kubeconfig, killMarked } = this.#options;
    const folder = path.dirname(kubeconfig);
    const [own = ''] = path.basename(kubeconfig).split('.');
    for (const name of await readdir(folder)) {
      const [, cluster, pid = '0'] = /^([\w-]+)\.(\d+)-\d+\.yaml$/.exec(name) ?? [];
      if (cluster !== own || Number(pid) === process.pid || (Number(pid) > 1 && signalProcess(Number(pid), 0)))
        continue;
      const file = path.join(folder, name);
      await killMarked({ entry: (entry) => entry === `TELEPORT_KUBECONFIG=${file}` });
      await rm(file, { force: true });
    }
    await rm(kubeconfig, { force: true });
  }

  /** Without an identity file tsh would try to log in by itself, and wait for somebody. */
  async #notLoggedIn(signal: AbortSignal): Promise<TshFailure | null> {
    const { tsh } = this.#options;
    if (tsh.settings.identityFile !== null) return null;
    return tshFailure(await tsh.run(['status', '--format=json'], { timeoutMs: statusMs, signal }));
  }

  async #comesUp(child: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
    const { clock, kubeconfig } = this.#options;
    const began = clock.monotonic();
    const ended = child.then(() => 'ended' as const);
    for (;;) {
      if (await isThere(kubeconfig)) {
        this.#failure = null;
        this.#state = 'up';
        this.#attempt.resolve();
        return true;
      }
      const looked = delay(clock, lookMs, signal).catch(() => 'ended' as const);
      if ((await Promise.race([ended, looked])) === 'ended') return false;
      if (clock.monotonic() - began >= startMs) return false;
    }
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
