import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { aborted } from '../../lib/abort.ts';
import { nothingPending } from '../../domain/fault-types.ts';
import type { IncidentDetail, StateStore } from '../../domain/state-store.ts';
import { type Clock, delay, systemClock } from '../../lib/clock.ts';
import { plural } from '../../lib/text.ts';
import type { App } from '../app.ts';
import { createApp } from '../create-app.ts';
import { daemonOutputs, messageSink, type TextTarget } from '../process/daemon-outputs.ts';
import { CurrentConfig } from '../current-config.ts';
import { daemonLogger } from '../process/logger.ts';
import { answerSignals, type OnSignal } from '../process/process-signals.ts';

/** How often the store is asked whether something has ended, ms. */
const lookEveryMs = 100;

export interface RunDaemonOptions {
  readonly loaded: LoadedConfig;
  readonly once: boolean;
  readonly io: DaemonIo;
}

interface DaemonIo {
  readonly stdout: TextTarget;
  readonly stderr: TextTarget;
  readonly env: Environment;
  readonly timeZone: string;
  readonly onSignal: OnSignal;
}

/**
 * Runs the daemon until the signal, or one round of it; resolves to the exit code.
 * @throws ProblemError at start, or when it cannot go on
 */
export async function runDaemon(options: RunDaemonOptions, signal: AbortSignal): Promise<number> {
  const { loaded, io } = options;
  const outputs = daemonOutputs(io);
  const current = new CurrentConfig(options.once ? atOnce(loaded) : loaded);
  const logger = await daemonLogger(current, outputs.stderr, io);
  outputs.watch(logger);
  let reload: (() => void) | null = null;
  const letGo = answerSignals(io.onSignal, logger, () => reload);
  try {
    for (const { message } of loaded.warnings) logger.warn({ file: loaded.file }, message);
    const sink = messageSink(outputs.stdout, { ...io, screen: io.stdout });
    const app = await createApp({ current, env: io.env, sink, logger, log: outputs.log });
    reload = () => void app.reloader.reload('signal');
    await runApp(app, options, outputs.stderr, signal);
  } finally {
    await outputs.flush();
    letGo();
  }
  return 0;
}

/** One round sees every fault once: it cannot wait to see which of them pass. */
function atOnce(loaded: LoadedConfig): LoadedConfig {
  const { config } = loaded;
  return { ...loaded, config: { ...config, intake: { ...config.intake, pending: nothingPending } } };
}

/** Until the signal, or one round; the app is stopped when it ends. */
async function runApp(app: App, options: RunDaemonOptions, stderr: TextTarget, signal: AbortSignal): Promise<void> {
  try {
    const started = app.start();
    // A start that is overtaken by the signal ends with the stop.
    await Promise.race([started, aborted(signal)]);
    if (signal.aborted) started.catch(() => {});
    else if (options.loaded.healthPort === 'auto') stderr.write(`health: ${app.url}/health/clusters\n`);
    const end = options.once ? oneRound(app, stderr, signal) : aborted(signal);
    await Promise.race([end, app.failed]);
  } finally {
    await app.stop();
  }
}

/** One attempt to connect and sweep each cluster, then everything that follows from it. */
async function oneRound(app: App, stderr: TextTarget, signal: AbortSignal): Promise<void> {
  try {
    const unanswered = await Promise.race([app.manager.firstRound(), aborted(signal).then(() => null)]);
    if (unanswered === null) return;
    await untilQuiet(app, systemClock, signal);
    const statuses = app.directory.statuses();
    stderr.write(`${plural(statuses.length, 'cluster')} asked, ${statuses.length - unanswered.length} answered\n`);
    for (const name of unanswered) {
      const error = statuses.find(({ cluster }) => cluster === name)?.error;
      stderr.write(`  ${name}: ${error ? `${error.message} (${error.code}); fix: ${error.fix}` : 'not swept'}\n`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

interface Working {
  readonly store: Pick<StateStore, 'counters' | 'unsettled'>;
  readonly intake: Pick<App['intake'], 'idle'>;
}

/** Resolves when nothing waits: no fault for its outcome, no incident for its run, no message for its delivery. */
export async function untilQuiet(app: Working, clock: Clock, signal: AbortSignal): Promise<void> {
  do {
    await app.intake.idle();
    await delay(clock, lookEveryMs, signal);
  } while (!(await isQuiet(app.store, clock.now())));
}

async function isQuiet(store: Working['store'], now: number): Promise<boolean> {
  const { queuedRuns, runningRuns, incidents, outbox } = await store.counters();
  const moving = incidents.some(({ status, count }) => count > 0 && isMoving(status));
  const waiting = outbox.some(({ count }) => count > 0);
  if (queuedRuns > 0 || runningRuns > 0 || moving || waiting) return false;
  return (await store.unsettled(1, [], now)).length === 0;
}

function isMoving(status: string): boolean {
  return status === 'open' || status === 'queued' || status === 'investigating';
}

export interface TriageOnceOptions {
  readonly loaded: LoadedConfig;
  readonly cluster: string;
  readonly ref: { readonly kind: string; readonly namespace: string | null; readonly name: string };
  readonly io: Pick<DaemonIo, 'stdout' | 'stderr' | 'env' | 'timeZone'>;
}

/** Investigates one object in this process, connected to its cluster alone, without HTTP. @throws ProblemError */
export async function triageOnce(options: TriageOnceOptions, signal: AbortSignal): Promise<IncidentDetail> {
  const { io, cluster, ref } = options;
  const loaded = { ...options.loaded, healthPort: 0 as const };
  const current = new CurrentConfig(loaded);
  const logger = await daemonLogger(current, io.stderr, io);
  const sink = messageSink(io.stderr, io);
  const app = await createApp({ current, env: io.env, sink, logger, onlyCluster: cluster });
  try {
    await app.start();
    const { incident, run } = await app.manualTriage({ cluster, ...ref }, signal);
    for (;;) {
      const detail = await app.store.incident(incident.id);
      const status = detail?.runs.find(({ id }) => id === run.id)?.status;
      if (detail && status !== 'queued' && status !== 'running') return detail;
      await delay(systemClock, lookEveryMs, signal);
    }
  } finally {
    await app.stop();
  }
}
