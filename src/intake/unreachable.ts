import type { ConnectionStatus } from '../domain/cluster-status.ts';
import type { Notice } from '../domain/records.ts';
import type { DeliveryStore } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import { type Every, every } from '../lib/every.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';

/** A cluster that is not active for so long is told, ms. */
const unreachableAfterMs = 10 * 60_000;
/** What happens within this time is one message, ms. */
const gatherMs = 60_000;
const lookEveryMs = 15_000;

export interface UnreachableOptions {
  readonly statuses: () => readonly ConnectionStatus[];
  readonly store: Pick<DeliveryStore, 'notice' | 'notifiedUnreachable'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Watched {
  /** Since when the cluster is not active. */
  since: number;
  /** Since when it is unreachable long enough and nobody was told. */
  dueAt: number | null;
  /** The notice that told people of it, null before. */
  notifiedBy: string | null;
  /** When it was seen active again after people were told. */
  backAt: number | null;
}

/**
 * Tells people when clusters cannot be watched: one message when a cluster was not active for 10 minutes, for all
 * clusters to which it happened within a minute, and one answer to that message when they are back. A cluster that comes
 * back before people were told is not mentioned.
 */
export class UnreachableWatch {
  readonly #options: UnreachableOptions;
  readonly #looks: Every;
  readonly #watched = new Map<string, Watched>();
  /** What an earlier process told was read. */
  #recalled = false;

  constructor(options: UnreachableOptions) {
    this.#options = options;
    const failed = (error: unknown): void =>
      options.logger.warn({ error: errorText(error) }, 'clusters that cannot be watched could not be looked at');
    this.#looks = every({ clock: options.clock, intervalMs: lookEveryMs, failed }, () => this.#look());
  }

  start(): void {
    this.#looks.start();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  async #look(): Promise<void> {
    if (!this.#recalled && !(await this.#recall())) return;
    this.#observe();
    const now = this.#options.clock.now();
    await this.#notifyUnreachable(now);
    await this.#tellBack(now);
  }

  /** Takes over what people were told before a restart. False when it cannot be read: the next look tries again. */
  async #recall(): Promise<boolean> {
    const { store, logger } = this.#options;
    try {
      for (const { cluster, since, key } of await store.notifiedUnreachable()) {
        this.#watched.set(cluster, { since, dueAt: null, notifiedBy: key, backAt: null });
      }
      this.#recalled = true;
    } catch (error) {
      logger.warn({ error: errorText(error) }, 'what was told of unreachable clusters could not be read');
    }
    return this.#recalled;
  }

  #observe(): void {
    const now = this.#options.clock.now();
    const seen = new Set<string>();
    for (const status of this.#options.statuses()) {
      seen.add(status.cluster);
      const watched = this.#watched.get(status.cluster);
      if (status.state === 'active') {
        if (watched !== undefined && watched.notifiedBy !== null) watched.backAt ??= now;
        else this.#watched.delete(status.cluster);
      } else if (watched === undefined) {
        this.#watched.set(status.cluster, {
          since: this.#unreachableSince(status),
          dueAt: null,
          notifiedBy: null,
          backAt: null,
        });
      } else {
        // Unreachable again before people were told that it is back: the same outage goes on.
        watched.backAt = null;
      }
    }
    for (const cluster of this.#watched.keys()) if (!seen.has(cluster)) this.#watched.delete(cluster);
    for (const watched of this.#watched.values()) {
      if (watched.notifiedBy === null && now - watched.since >= unreachableAfterMs) watched.dueAt ??= now;
    }
  }

  /** States change while a cluster stays unreachable; the first one that is seen began it. */
  #unreachableSince(status: ConnectionStatus): number {
    return Math.min(status.since, this.#options.clock.now());
  }

  async #notifyUnreachable(now: number): Promise<void> {
    const due = [...this.#watched].filter(([, watched]) => watched.dueAt !== null);
    if (!ripe(due, 'dueAt', now)) return;
    const since = Math.min(...due.map(([, watched]) => watched.since));
    const clusters = due.map(([cluster]) => cluster).sort();
    const detail = this.#errorsOf(clusters);
    const key = keyOf('clusters_unreachable', since, clusters);
    if (!(await this.#tell('clusters_unreachable', { key, clusters, since, until: null, incidents: 0, detail })))
      return;
    for (const [, watched] of due) Object.assign(watched, { notifiedBy: key, dueAt: null });
  }

  /** One answer to each message that told of clusters that are back. */
  async #tellBack(now: number): Promise<void> {
    const back = [...this.#watched].filter(([, watched]) => watched.backAt !== null);
    if (!ripe(back, 'backAt', now)) return;
    for (const notifiedBy of new Set(back.map(([, watched]) => watched.notifiedBy))) {
      const group = back.filter(([, watched]) => watched.notifiedBy === notifiedBy);
      const since = Math.min(...group.map(([, watched]) => watched.since));
      const until = Math.min(...group.map(([, watched]) => watched.backAt ?? now));
      const clusters = group.map(([cluster]) => cluster).sort();
      const stillUnreachable =
        [...this.#watched.values()].filter((one) => one.notifiedBy === notifiedBy).length - group.length;
      const answers = notifiedBy === null ? {} : { answers: { key: notifiedBy, stillUnreachable } };
      const key = keyOf('clusters_back', since, clusters);
      const notice = { key, clusters, since, until, incidents: 0, detail: '', ...answers };
      if (!(await this.#tell('clusters_back', notice))) return;
      for (const cluster of clusters) this.#watched.delete(cluster);
    }
  }

  /** What keeps them unreachable, the first few. */
  #errorsOf(clusters: readonly string[]): string {
    return this.#options
      .statuses()
      .filter((status) => clusters.includes(status.cluster) && status.error !== null)
      .map(({ cluster, error }) => `${cluster}: ${error?.message ?? ''} (${error?.code ?? ''})`)
      .slice(0, 5)
      .join('; ');
  }

  /** False when it could not be written down: the next look tries again. */
  async #tell(kind: 'clusters_unreachable' | 'clusters_back', notice: Notice): Promise<boolean> {
    const { store, clock, logger } = this.#options;
    try {
      await store.notice(kind, notice, clock.now());
      return true;
    } catch (error) {
      logger.warn({ kind, clusters: notice.clusters.length, error: errorText(error) }, 'notice could not be stored');
      return false;
    }
  }
}

function keyOf(kind: string, since: number, clusters: readonly string[]): string {
  return `${kind}:${since}:${clusters.join(',')}`.slice(0, 500);
}

/** The first of them waited long enough for the others. */
function ripe(watched: readonly (readonly [string, Watched])[], at: 'dueAt' | 'backAt', now: number): boolean {
  return watched.some(([, one]) => one[at] !== null && now - one[at] >= gatherMs);
}
