import { clusterPolicy, type ClusterSettings } from '../domain/cluster-policy.ts';
import type { PermissionDirectory } from '../domain/permissions.ts';
import type { Reception } from '../domain/records.ts';
import type { ClusterPolicy, StateStore, StoreChange } from '../domain/state-store.ts';
import { untilAborted } from '../lib/abort.ts';
import { backoffDelay } from '../lib/backoff.ts';
import { type Clock, delay } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';
import { type Looked, WorkLoop } from '../lib/work-loop.ts';
import { type FindOwner, findOwners } from './find-owners.ts';

export interface IntakeOptions {
  readonly store: Pick<StateStore, 'unsettled' | 'nextUnsettled' | 'settle' | 'onChange'>;
  readonly permissions: PermissionDirectory;
  /** What the configuration says of a cluster; null when it is not configured (any more). Asked for each page. */
  readonly settings: (cluster: string) => ClusterSettings | null;
  readonly findOwner: FindOwner;
  /** Asks for a look at a cluster soon: a pending fault has stood for its time, if it still stands. */
  readonly look?: (cluster: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longest time for the owners of one page of a cluster, milliseconds. */
  readonly ownerTimeoutMs?: number | ((cluster: string) => number | undefined);
}

export interface Intake {
  /** Takes up what waits and everything that is accepted from now on. */
  start(): void;
  /** Lets go of what it works on; it waits in the store. */
  stop(): Promise<void>;
  /** Resolves when nothing waits for an outcome, but for faults that are pending. */
  idle(): Promise<void>;
}

const pageSize = 500;
const lanePageSize = 100;
/** A store that cannot be read is not asked for every fault that comes meanwhile. */
const retry = { initialMs: 500, maxMs: 30_000, deaf: true };

/**
 * Gives every accepted fault its outcome: finds its owner and what holds for its cluster, then lets the store decide.
 * One lane a cluster, so that a slow one delays no other; what waits is rows, a lane holds one page of them.
 */
export function createIntake(options: IntakeOptions): Intake {
  return new IntakeLoop(options);
}

class IntakeLoop implements Intake {
  readonly #options: IntakeOptions;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  /** Work of the clusters that are busy. */
  readonly #lanes = new Map<string, Promise<void>>();
  /** Failures in a row of each cluster. */
  readonly #laneFailures = new Map<string, number>();
  readonly #loop: WorkLoop;
  #unsubscribe: () => void = () => {};

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'intake' });
    this.#loop = new WorkLoop({
      clock: options.clock,
      look: () => this.#startLanes(),
      retry,
      failed: (error, retryMs) => {
        const fields = { error: errorText(error), retry_in: retryMs / 1000 };
        this.#logger.warn(fields, 'the state store cannot be read');
      },
    });
  }

  start(): void {
    this.#unsubscribe = this.#options.store.onChange((changes) => {
      if (changes.some(waitsForOutcome)) this.#loop.wake();
    });
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('intake stops'));
    this.#unsubscribe();
    await this.#loop.stop();
    await Promise.all(this.#lanes.values());
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  /** Hands a page of what waits to the lanes that are free. */
  async #startLanes(): Promise<Looked> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const page = await store.unsettled(pageSize, [...this.#lanes.keys()], now);
    if (page.length === 0 || this.#stopping.signal.aborted) {
      const due = await store.nextUnsettled(now);
      return { againMs: due === null ? null : due - now, idle: this.#lanes.size === 0 };
    }
    for (const [cluster, receptions] of Map.groupBy(page, (reception) => reception.cluster)) {
      const lane = this.#work(cluster, receptions.slice(0, lanePageSize)).finally(() => {
        this.#lanes.delete(cluster);
        this.#loop.wake();
      });
      this.#lanes.set(cluster, lane);
    }
    return { againMs: 0 };
  }

  /** Gives one page of a cluster its outcomes. Never rejects: what has none still waits. */
  async #work(cluster: string, receptions: readonly Reception[]): Promise<void> {
    const { store, findOwner, clock, ownerTimeoutMs: own } = this.#options;
    const limitMs = (typeof own === 'function' ? own(cluster) : own) ?? 3000;
    const { signal } = this.#stopping;
    try {
      const policy = await untilAborted(this.#policyOf(cluster), signal);
      const owners = await findOwners(receptions, findOwner, { clock, limitMs, signal });
      if (signal.aborted) return;
      const inputs = receptions.flatMap(({ seq }) => {
        const answer = owners.get(seq);
        return answer ? [{ seq, ...answer, cluster: policy }] : [];
      });
      const settled = new Set((await store.settle(inputs, clock.now())).map(({ seq }) => seq));
      if (receptions.some(({ seq, dueAt }) => dueAt > 0 && !settled.has(seq))) this.#options.look?.(cluster);
      this.#laneFailures.delete(cluster);
    } catch (error) {
      if (!signal.aborted) await this.#hold(cluster, error);
    }
  }

  /** Keeps a lane busy for a while after a failure, so that only its cluster waits. */
  async #hold(cluster: string, error: unknown): Promise<void> {
    const failures = this.#laneFailures.get(cluster) ?? 0;
    this.#laneFailures.set(cluster, failures + 1);
    const waitMs = backoffDelay(retry, failures);
    this.#logger.warn({ cluster, error: errorText(error), retry_in: waitMs / 1000 }, 'faults wait for their outcome');
    await delay(this.#options.clock, waitMs, this.#stopping.signal).catch(() => {});
  }

  async #policyOf(cluster: string): Promise<ClusterPolicy> {
    const settings = this.#options.settings(cluster);
    if (settings === null) return removedPolicy;
    if (!settings.triageEnabled) return clusterPolicy(settings, null);
    await this.#options.permissions.firstAnswer(cluster);
    return clusterPolicy(settings, this.#options.permissions.current(cluster));
  }
}

const removedPolicy: ClusterPolicy = {
  environment: null,
  labels: {},
  severityThreshold: 'info',
  triageEnabled: false,
  triageDisabledReason: 'cluster_removed',
};

function waitsForOutcome(change: StoreChange): boolean {
  return change.type === 'fault' && change.fault.reception.outcome === null;
}
