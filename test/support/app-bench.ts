import path from 'node:path';
import type { App } from '../../src/app/app.ts';
import { createApp } from '../../src/app/create-app.ts';
import { CurrentConfig } from '../../src/app/current-config.ts';
import type { MessageSink } from '../../src/app/process/daemon-outputs.ts';
import { parseConfig } from '../../src/config/load.ts';
import { demoConfig } from '../../src/demo/demo-config.ts';
import type { Fleet } from '../../src/demo/fleet.ts';
import { type Logger, silentLogger } from '../../src/lib/log.ts';

export interface AppBenchOptions {
  readonly fleet: Pick<Fleet, 'clusters'>;
  readonly dir: string;
  /** Laid over the demo's configuration. */
  readonly config?: Record<string, unknown>;
  readonly healthPort?: number | 'auto';
  readonly logger?: Logger;
}

/** The whole daemon in this process, over the simulated clusters of a fleet, with a quiet console. */
export function appOver(options: AppBenchOptions): Promise<App> {
  const { fleet, dir, config = {}, healthPort = 'auto', logger = silentLogger } = options;
  const dataDir = path.join(dir, 'data');
  const settings = { ...demoConfig(fleet, dir), data_dir: dataDir, ...config };
  return createApp({
    current: new CurrentConfig({ ...parseConfig(settings, dir), healthPort }),
    env: { PATH: process.env['PATH'] },
    sink: nowhere(),
    logger,
  });
}

function nowhere(): MessageSink {
  return {
    write: () => Promise.resolve(),
    failure: () => null,
    isTerminal: false,
    color: false,
    columns: () => null,
    timeZone: 'UTC',
  };
}
