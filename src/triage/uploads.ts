import type { ArtifactStore, UploadStore, WaitingUpload } from '../domain/ports.ts';
import type { StateStore } from '../domain/state-store.ts';
import { type BackoffPolicy, backoffDelay } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { spokenDuration } from '../lib/format.ts';
import type { Logger } from '../lib/log.ts';
import { errorText, type Problem, problem, ProblemError } from '../lib/problem.ts';
import { withTimeLimit } from '../lib/time-limit.ts';
import { type Looked, WorkLoop } from '../lib/work-loop.ts';
import { triageProblems } from './errors.ts';
import { readPendingUpload, removePendingUpload } from './workspace/pending-upload.ts';
import { workspaceDir } from './workspace/workspace.ts';

export interface UploadsOptions {
  readonly store: UploadStore & Pick<StateStore, 'onChange'>;
  readonly artifacts: Pick<ArtifactStore, 'put' | 'check'>;
  /** `<data_dir>/workspaces`. */
  readonly workspaces: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each attempt. */
  readonly onUpload: (result: 'success' | 'failure') => void;
  readonly random?: () => number;
}

/** Of one report. */
const retry: BackoffPolicy = { initialMs: 5000, maxMs: 5 * 60_000 };
/** Of the place where reports go: while it fails, one attempt asks for all. */
const outageRetry = { initialMs: 1000, maxMs: 60_000, deaf: true };
const putLimitMs = 5 * 60_000;
const checkLimitMs = 30_000;
/** Looked at again at least this often, should a change have gone unheard. */
const idleMs = 60_000;
/** From then on a waiting report is told in health. */
const toldAfterMs = 10 * 60_000;

/**
 * Stores what could not be stored when its run ended, from disk, one after the other, until it succeeds. A person gives
 * up by removing the workspace; otherwise the retention of incidents ends it. At the start it looks whether the place
 * where reports go can be used at all.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #stopping = new AbortController();
  readonly #loop: WorkLoop;
  #unsubscribe: () => void = () => {};
  #waiting: readonly WaitingUpload[] = [];
  #checked = false;
  #unusable: Problem | null = null;

  constructor(options: UploadsOptions) {
    this.#options = options;
    const { clock, random } = options;
    const failed = (error: unknown, retryMs: number): void => this.#failed(error, retryMs);
    this.#loop = new WorkLoop({ clock, look: () => this.#look(), retry: outageRetry, failed, random });
  }

  start(): void {
    this.#unsubscribe = this.#options.store.onChange((changes) => {
      if (changes.some((change) => change.type === 'run' && change.run.status !== 'running')) this.#loop.wake();
    });
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort(new Error('stopped'));
    await this.#loop.stop();
  }

  /** Ids of the runs whose workspaces are needed. */
  async runIds(): Promise<ReadonlySet<string>> {
    const waiting = await this.#options.store.waitingUploads();
    return new Set(waiting.map(({ runId }) => runId));
  }

  /** What a person has to know: the place cannot be used, or reports have waited for long. */
  problems(): readonly Problem[] {
    const found = this.#unusable === null ? [] : [this.#unusable];
    const [oldest] = this.#waiting;
    const waits = oldest === undefined ? 0 : this.#options.clock.now() - oldest.createdAt;
    if (oldest === undefined || waits < toldAfterMs) return found;
    const count = `${this.#waiting.length} ${this.#waiting.length === 1 ? 'report waits' : 'reports wait'}`;
    const said = `${count} to be stored, the oldest for ${spokenDuration(waits)}: ${oldest.error ?? 'not tried yet'}`;
    return [...found, problem(triageProblems.uploadsWait, said)];
  }

  async #look(): Promise<Looked> {
    const { store, clock } = this.#options;
    this.#waiting = await store.waitingUploads();
    if (!this.#checked) await this.#check();
    const now = clock.now();
    const ready = this.#waiting.filter(({ busy }) => !busy);
    // No wait is longer than the ceiling: one that is was written before the clock was set back.
    const due = ready.find(({ notBefore }) => notBefore <= now || notBefore > now + retry.maxMs);
    if (due === undefined) {
      const next = Math.min(...ready.map(({ notBefore }) => notBefore - now), idleMs);
      return { againMs: next, idle: this.#waiting.length === 0 };
    }
    await this.#upload(due);
    return { againMs: 0 };
  }

  async #check(): Promise<void> {
    const { artifacts, clock } = this.#options;
    try {
      await withTimeLimit(clock, checkLimitMs, this.#stopping.signal, (signal) => artifacts.check(signal));
    } catch (error) {
      const kind = triageProblems.artifactsFailed;
      this.#unusable = error instanceof ProblemError ? error.toProblem() : problem(kind, errorText(error));
      throw error;
    }
    this.#checked = true;
    this.#unusable = null;
  }

  async #upload(upload: WaitingUpload): Promise<void> {
    const { store, artifacts, clock, logger, onUpload } = this.#options;
    const { runId, incidentId, cluster } = upload;
    const about = { cluster, incident: incidentId, run: runId };
    const workspace = workspaceDir(this.#options.workspaces(), incidentId, runId);
    const files = await readPendingUpload(workspace);
    if (files === null) {
      await store.endUpload(runId, null, clock.now());
      const said = `the artifacts of ${incidentId} are not in ${workspace} any more`;
      logger.warn({ ...about, ...problem(triageProblems.uploadGivenUp, said) }, 'a report is not stored any more');
      return;
    }
    let report: string;
    try {
      const put = (signal: AbortSignal) => artifacts.put(cluster, incidentId, files, signal);
      ({ report } = await withTimeLimit(clock, putLimitMs, this.#stopping.signal, put));
    } catch (error) {
      if (this.#stopping.signal.aborted) throw error;
      onUpload('failure');
      const waitMs = backoffDelay(retry, upload.attempts, this.#options.random);
      await store.delayUpload(runId, errorText(error), clock.now() + waitMs);
      throw error;
    }
    onUpload('success');
    await store.endUpload(runId, report, clock.now());
    await removePendingUpload(workspace).catch(() => {});
    logger.info({ ...about, report, attempts: upload.attempts + 1 }, 'a waiting report was stored');
  }

  #failed(error: unknown, retryMs: number): void {
    const { logger } = this.#options;
    const kind =
      error instanceof ProblemError ? error.toProblem() : problem(triageProblems.artifactsFailed, errorText(error));
    logger.warn({ ...kind, retry_in: Math.round(retryMs / 1000) }, 'reports could not be stored');
  }
}
