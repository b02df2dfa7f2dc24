import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { IncidentDetail } from '../domain/state-store.ts';
import { delay, systemClock } from '../lib/clock.ts';
import { createApp } from './create-app.ts';
import { daemonLogger } from './daemon-logger.ts';
import { messageSink, type TextTarget } from './message-sink.ts';

export interface TriageOnceOptions {
  readonly loaded: LoadedConfig;
  readonly cluster: string;
  readonly ref: { readonly kind: string; readonly namespace: string | null; readonly name: string };
  readonly io: { readonly stdout: TextTarget; readonly stderr: TextTarget; readonly env: Environment };
}

const lookEveryMs = 100;

/** Investigates one object in this process, connected to its cluster alone, without HTTP. @throws ProblemError */
export async function triageOnce(options: TriageOnceOptions, signal: AbortSignal): Promise<IncidentDetail> {
  const { io, cluster, ref } = options;
  const loaded = { ...options.loaded, healthPort: 0 as const };
  const logger = await daemonLogger(loaded, io.stderr, io.env);
  const sink = messageSink(io.stderr, io.env);
  const app = await createApp({ loaded, env: io.env, sink, logger, onlyCluster: cluster });
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
