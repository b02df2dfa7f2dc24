import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { createAnalyst } from '../../analyst/create-analyst.ts';
import { inThread } from '../../analyst/thread/in-thread.ts';
import { makeDataDir } from '../../checks/set/data-checks.ts';
import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { aborted } from '../../lib/abort.ts';
import { Cleanups } from '../../lib/cleanups.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { mcpServerSchema } from '../../mcp/config.ts';
import { portUnusable } from '../../health/errors.ts';
import { ProblemError } from '../../lib/problem.ts';
import { openArtifacts } from '../../storage/artifacts/open-artifacts.ts';
import { openStateReader } from '../../storage/worker/open.ts';
import { ClusterAccesses } from '../clusters.ts';
import { CurrentConfig } from '../current-config.ts';
import { type DaemonMcp, daemonMcp } from '../mcp/daemon-mcp.ts';
import { serveAlone } from '../mcp/serve-alone.ts';
import { packageVersion } from '../package-info.ts';
import { daemonOutputs, type TextTarget } from '../process/daemon-outputs.ts';
import { daemonLogger } from '../process/logger.ts';

export interface ServeMcpOptions {
  readonly loaded: LoadedConfig;
  readonly io: {
    readonly stdout: TextTarget;
    readonly stderr: TextTarget;
    readonly env: Environment;
    readonly timeZone: string;
  };
}

/** For so long a server that stops says that it is not ready, and answers, ms. */
const drainMs = 3000;

/** Serves `/mcp` alone until the signal, in any number of processes: none keeps anything that another needs. */
export async function serveMcp({ loaded, io }: ServeMcpOptions, signal: AbortSignal): Promise<number> {
  if (loaded.healthPort === 0)
    throw new ProblemError(portUnusable, 'health.port is 0, and serve-mcp is nothing without it');
  return await withMcp({ loaded, io }, async ({ mcp, registry, logger }) => {
    const { health, shutdown_timeout } = loaded.config;
    const server = await serveAlone({
      mcp,
      registry,
      host: health.host,
      port: loaded.healthPort === 'auto' ? 0 : loaded.healthPort,
      token: health.token ?? null,
      drainMs,
      clock: systemClock,
      logger,
    });
    logger.info({ url: `${server.url}/mcp` }, 'the MCP server is ready');
    if (loaded.healthPort === 'auto') io.stderr.write(`mcp: ${server.url}/mcp\n`);
    await aborted(signal);
    await server.stop(shutdown_timeout);
  });
}

/** Serves one client over standard input and output, until it hangs up or the signal. */
export async function serveMcpStdio({ loaded, io }: ServeMcpOptions, signal: AbortSignal): Promise<number> {
  return await withMcp({ loaded, io }, async ({ mcp }) => {
    await mcp.serveStdio(signal);
  });
}

/** A server that only this process can use, until it is stopped. */
export async function openMcp({
  loaded,
  io,
}: ServeMcpOptions): Promise<{ url: string; key: string; stop(): Promise<void> }> {
  const key = randomBytes(24).toString('base64url');
  const { config } = loaded;
  const health = { ...config.health, host: '127.0.0.1', token: key };
  const server = config.mcp ?? mcpServerSchema.parse({});
  const own = { ...config, health, mcp: { ...server, auth: mcpServerSchema.parse({}).auth } };
  const opened = Promise.withResolvers<string>();
  const stop = Promise.withResolvers<void>();
  const served = withMcp({ loaded: { ...loaded, config: own }, io }, async ({ mcp, registry, logger }) => {
    const alone = await serveAlone({
      mcp,
      registry,
      host: '127.0.0.1',
      port: 0,
      token: key,
      drainMs: 0,
      clock: systemClock,
      logger,
    });
    opened.resolve(`${alone.url}/mcp`);
    await stop.promise;
    await alone.stop(0);
  });
  served.catch(opened.reject);
  const url = await opened.promise;
  return {
    url,
    key,
    stop: async () => {
      stop.resolve();
      await served;
    },
  };
}

interface World {
  readonly mcp: DaemonMcp;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** The MCP server without a daemon: clusters by their credentials, incidents as the state file beside it has them. */
async function withMcp({ loaded, io }: ServeMcpOptions, work: (world: World) => Promise<void>): Promise<number> {
  const { env } = io;
  const outputs = daemonOutputs(io);
  const current = new CurrentConfig(loaded);
  const logger = await daemonLogger(current, outputs.stderr, io);
  outputs.watch(logger);
  const made = new Cleanups();
  const clock = systemClock;
  const registry = new Registry();
  const { config } = loaded;
  try {
    await makeDataDir(config.data_dir);
    const file = config.storage.state.path;
    const store = existsSync(file) ? await openStateReader(file) : null;
    if (store === null) logger.warn({ file }, 'there is no state file: incidents are not served');
    else made.add('state', () => store.close());
    const accesses = new ClusterAccesses(
      () => current.now.fleet,
      () => null,
      env,
    );
    made.add('ways to clusters', () => accesses.close());
    const analyst = inThread(createAnalyst({ ...accesses.forAnalyst(), clock, logger }), { clock, logger });
    made.add('analyst', () => analyst.close());
    const mcp = daemonMcp({
      current,
      accesses,
      directory: null,
      problems: async () => [],
      simulated: false,
      incidents:
        store === null
          ? null
          : { store, artifacts: await openArtifacts(config.storage.artifacts, clock), triage: null },
      analyst,
      env,
      process: `mcp-${hostname().replace(/[^A-Za-z0-9]+/g, '-')}-${process.pid}-${randomBytes(3).toString('hex')}`,
      version: packageVersion(),
      registry,
      clock,
      logger,
    });
    made.add('mcp', () => mcp.stop());
    await work({ mcp, registry, logger });
  } finally {
    await made.run();
    await outputs.flush();
  }
  return 0;
}
