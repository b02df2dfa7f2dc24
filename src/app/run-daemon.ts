import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import { aborted } from '../lib/abort.ts';
import { systemClock } from '../lib/clock.ts';
import { plural } from '../lib/text.ts';
import { createApp, type App } from './create-app.ts';
import { daemonLogger } from './daemon-logger.ts';
import { messageSink, type TextTarget } from './message-sink.ts';
import { untilQuiet } from './quiet.ts';

export interface RunDaemonOptions {
  readonly loaded: LoadedConfig;
  readonly once: boolean;
  readonly io: { readonly stdout: TextTarget; readonly stderr: TextTarget; readonly env: Environment };
}

/**
 * Runs the daemon until the signal, or one round of it; resolves to the exit code.
 * @throws ProblemError at start, or when it cannot go on
 */
export async function runDaemon(options: RunDaemonOptions, signal: AbortSignal): Promise<number> {
  const { loaded, io } = options;
  const logger = daemonLogger(loaded, io.stderr, io.env);
  for (const { message } of loaded.warnings) logger.warn({ file: loaded.file }, message);
  const app = await createApp({ loaded, env: io.env, sink: messageSink(io.stdout, io.env), logger });
  try {
    const started = app.start();
    // A start that is overtaken by the signal ends with the stop.
    await Promise.race([started, aborted(signal)]);
    if (signal.aborted) started.catch(() => {});
    else if (loaded.healthPort === 'auto') io.stderr.write(`health: ${app.url}/health/clusters\n`);
    const end = options.once ? oneRound(app, io.stderr, signal) : aborted(signal);
    await Promise.race([end, app.failed]);
  } finally {
    await app.stop();
  }
  return 0;
}

/** One attempt to connect and sweep each cluster, then everything that follows from it. */
async function oneRound(app: App, stderr: TextTarget, signal: AbortSignal): Promise<void> {
  try {
    const dark = await Promise.race([app.manager.firstRound(), aborted(signal).then(() => null)]);
    if (dark === null) return;
    await untilQuiet(app, systemClock, signal);
    const statuses = app.directory.statuses();
    stderr.write(`${plural(statuses.length, 'cluster')} asked, ${statuses.length - dark.length} answered\n`);
    for (const name of dark) {
      const error = statuses.find(({ cluster }) => cluster === name)?.error;
      stderr.write(`  ${name}: ${error ? `${error.message} (${error.code}); fix: ${error.fix}` : 'not swept'}\n`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
