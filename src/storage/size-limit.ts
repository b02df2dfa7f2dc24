import { rm } from 'node:fs/promises';
import type { RetentionStore } from '../domain/incident.ts';
import type { Clock } from '../lib/clock.ts';
import { type Every, every } from '../lib/every.ts';
import { formatSize } from '../lib/format.ts';
import type { Logger } from '../lib/log.ts';
import { errorText, type Problem, problem } from '../lib/problem.ts';
import { oneLine, plural } from '../lib/text.ts';
import { storeProblems } from './errors.ts';
import { FolderSizes, type SizedFolder } from './folder-sizes.ts';

export interface SizeLimitSettings {
  /** `storage.retention.max_size`, bytes; 0: no limit. */
  readonly maxBytes: number;
  /** Folder of `<incident>/<run>`. */
  readonly workspaces: string;
  /** Folder of `<cluster>/<incident>`; null when reports are not below `data_dir`. */
  readonly artifacts: string | null;
}

export interface SizeLimitOptions {
  readonly store: Pick<RetentionStore, 'endedIncidents'>;
  /** As it is configured now. */
  readonly settings: () => SizeLimitSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Removes a folder with all that is in it, and no more; rejects when something is left. */
  readonly remove?: (folder: string) => Promise<void>;
}

/** A folder of a run or of a report. */
interface Counted {
  /** What goes first: 0, workspaces; 1, reports. */
  readonly rank: number;
  readonly incidentId: string;
  readonly folder: SizedFolder;
  /** Who remembers its size. */
  readonly sizes: FolderSizes;
}

/** What a turn left behind, over the limit. */
interface Left {
  readonly bytes: number;
  /** Folders that could not be removed, and why the first could not. */
  readonly refused: number;
  readonly error: string | null;
}

/** How often the sizes are looked at, ms; what is remembered is not walked again. */
const intervalMs = 600_000;
/** Incidents that the store is asked about in one call. */
const batch = 500;
/** Characters of an error that are told. */
const maxError = 300;
const MiB = 1024 * 1024;

/**
 * Holds workspaces and reports below `storage.retention.max_size`: what ended longest ago goes first, workspaces before
 * reports, nothing of what is live. What the state store does not know is counted and left alone.
 */
export class SizeLimit {
  readonly #options: SizeLimitOptions;
  readonly #workspaces: FolderSizes;
  readonly #artifacts: FolderSizes;
  readonly #loop: Every;
  #left: Left | null = null;

  constructor(options: SizeLimitOptions) {
    this.#options = options;
    const { clock, logger } = options;
    this.#workspaces = new FolderSizes(clock);
    this.#artifacts = new FolderSizes(clock);
    const failed = (error: unknown): void =>
      logger.warn(
        { error: errorText(error) },
        'the size of data_dir could not be looked at, the next try is in ten minutes',
      );
    this.#loop = every({ clock, intervalMs, atOnce: true, failed }, (signal) => this.#turn(signal));
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Over the limit with nothing left that may go. A limit that was raised since counts at once. */
  problems(): readonly Problem[] {
    const { maxBytes, workspaces } = this.#options.settings();
    if (this.#left === null || maxBytes === 0 || this.#left.bytes <= maxBytes) return [];
    return [sizeOver(this.#left, maxBytes, workspaces)];
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { maxBytes, workspaces, artifacts } = this.#options.settings();
    if (maxBytes === 0) return;
    try {
      const runs = await this.#workspaces.measure(workspaces, signal);
      const reports = artifacts === null ? [] : await this.#artifacts.measure(artifacts, signal);
      const counted: Counted[] = [
        ...runs.map((folder) => ({ rank: 0, incidentId: folder.outer, folder, sizes: this.#workspaces })),
        ...reports.map((folder) => ({ rank: 1, incidentId: folder.inner, folder, sizes: this.#artifacts })),
      ];
      const bytes = counted.reduce((sum, { folder }) => sum + folder.bytes, 0);
      this.#left =
        bytes <= maxBytes ? null : await this.#remove(await this.#removable(counted), bytes, maxBytes, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** What is of incidents that have ended, in the order in which it goes. */
  async #removable(counted: readonly Counted[]): Promise<Counted[]> {
    const ids = [...new Set(counted.map(({ incidentId }) => incidentId))];
    const endedAt = new Map<string, number>();
    for (let from = 0; from < ids.length; from += batch) {
      const ended = await this.#options.store.endedIncidents(ids.slice(from, from + batch));
      for (const incident of ended) endedAt.set(incident.id, incident.endedAt);
    }
    const ended = ({ incidentId }: Counted): number => endedAt.get(incidentId) ?? 0;
    return counted
      .filter(({ incidentId }) => endedAt.has(incidentId))
      .sort((a, b) => a.rank - b.rank || ended(a) - ended(b) || (a.folder.path < b.folder.path ? -1 : 1));
  }

  /** Removes until what is there fits; null when it does. */
  async #remove(
    removable: readonly Counted[],
    before: number,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Left | null> {
    const { store, logger, remove = removeFolder } = this.#options;
    const errors: string[] = [];
    let bytes = before;
    for (const { folder, incidentId, sizes } of removable) {
      if (bytes <= maxBytes || signal.aborted) break;
      // It may have come back, or a person may have asked for a run, since the list was made.
      if ((await store.endedIncidents([incidentId])).length === 0) continue;
      try {
        await remove(folder.path);
        bytes -= folder.bytes;
      } catch (error) {
        // The names in it are an agent's.
        errors.push(oneLine(errorText(error), maxError));
        sizes.forget(folder);
      }
    }
    const freed = before - bytes;
    if (freed > 0)
      logger.info({ bytes: freed }, 'data_dir was over its size limit: what ended longest ago was deleted');
    return bytes <= maxBytes ? null : { bytes, refused: errors.length, error: errors[0] ?? null };
  }
}

function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 2 });
}

function sizeOver({ bytes, refused, error }: Left, maxBytes: number, workspaces: string): Problem {
  const size = formatSize(Math.ceil(bytes / MiB) * MiB);
  const why =
    error === null
      ? 'what is left is of live incidents, or of none that is known'
      : `${plural(refused, 'folder')} could not be deleted: ${error}`;
  const said = `workspaces and reports take ${size} of ${formatSize(maxBytes)}, and ${why}; investigations wait`;
  return problem(storeProblems.sizeOver, said, { folder: workspaces });
}
