import { untilAborted } from '../../lib/abort.ts';
import { type ClusterReader, ReadError } from '../../kube/cluster-reader.ts';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import type { Clock } from '../../lib/clock.ts';
import { SweepSchedule } from '../sweep/schedule.ts';

/** Answer to one question, ms. */
const usualAnswerMs = 10_000;
/** Between two questions that were asked for, ms. */
const leastMs = 1000;

/** Another cluster answers than the one that was watched: what is known is not of it. */
export class ReplacedError extends Error {
  override readonly name = 'ReplacedError';
}

export interface PulseOptions {
  readonly clock: Clock;
  readonly connection: { readonly ping_interval: number };
  /** Until an answer, where it takes longer than usual, ms. */
  readonly answerMs?: number;
}

/**
 * Asks a cluster again and again who it is (the uid of its namespace kube-system): a watch that is quiet may be one whose
 * server is gone, and a kubeconfig may have been replaced by that of another cluster.
 */
export class Pulse {
  readonly limitMs: number;
  readonly #intervalMs: number;
  readonly #schedule: SweepSchedule;
  #server: string | null = null;
  #uid: string | null = null;

  constructor({ clock, connection, answerMs = usualAnswerMs }: PulseOptions) {
    this.limitMs = answerMs;
    this.#intervalMs = connection.ping_interval;
    this.#schedule = new SweepSchedule(clock);
  }

  /** The uid of the cluster, null when it may not be read. */
  get uid(): string | null {
    return this.#uid;
  }

  /** Asks as soon as it may. */
  now(): void {
    this.#schedule.request(leastMs);
  }

  /** Never returns. @throws ReadError, ProblemError, ReplacedError; the reason of the signal */
  async keep(access: ApiAccess, reader: Pick<ClusterReader, 'get'>, signal: AbortSignal): Promise<never> {
    for (;;) {
      this.#schedule.request(this.#intervalMs);
      await this.#schedule.next(signal);
      await this.beat(access, reader, signal);
    }
  }

  /** Asks once. @throws as `keep` */
  async beat(access: ApiAccess, reader: Pick<ClusterReader, 'get'>, signal: AbortSignal): Promise<void> {
    // A credential command may take its time.
    const { server } = await untilAborted(access.connect(), signal);
    const uid = await uidOf(reader, signal);
    const [knownServer, knownUid] = [this.#server, this.#uid];
    this.#server = server;
    this.#uid = uid ?? knownUid;
    if (knownUid !== null && uid !== null) {
      if (knownUid !== uid) throw new ReplacedError(`kube-system has uid ${uid}, before ${knownUid}`);
    } else if (knownServer !== null && knownServer !== server) {
      this.#uid = uid;
      throw new ReplacedError('the kubeconfig names another server');
    }
  }
}

/** Null when it may not be read: the server has answered all the same. */
async function uidOf(reader: Pick<ClusterReader, 'get'>, signal: AbortSignal): Promise<string | null> {
  try {
    return (await reader.get('v1', 'Namespace', null, 'kube-system', signal))?.metadata.uid ?? null;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadError && error.failure === 'forbidden') return null;
    throw error;
  }
}
