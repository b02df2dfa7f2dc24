import { access, constants } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { ApiFinding, CheckedCluster, CheckWorld, RunningDaemon } from '../../checks/world.ts';
import { AnswerBudget } from '../../cluster/mcp/answer.ts';
import { createAgents } from '../../cluster/mcp/agents.ts';
import { askApi } from '../../cluster/permissions/ask-api.ts';
import { probeWatch } from '../../cluster/watch/probe-watch.ts';
import { probeServer, type ServerProbe } from '../../cluster/probe.ts';
import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { EngineFault } from '../../domain/ports.ts';
import type { Cleanups } from '../../lib/cleanups.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/log.ts';
import { ProblemError } from '../../lib/problem.ts';
import type { Spawn } from '../../lib/process/spawn.ts';
import { once } from '../../lib/work/once.ts';
import { openArtifacts } from '../../storage/artifacts/open-artifacts.ts';
import { openStateReader } from '../../storage/worker/open.ts';
import { DockerRunner } from '../../triage/runner/docker-runner.ts';
import { containedAgents } from '../../checks/agent-problems.ts';
import { nearestExisting } from '../../checks/set/data-checks.ts';
import { engineEnvironment } from '../agents.ts';
import { ClusterAccesses } from '../clusters.ts';
import { fetchThrough } from '../process/fetch-through.ts';
import { packageVersion } from '../package-info.ts';
import { configuredFleet } from '../settings.ts';
import { askThere, teleportProbes } from './doctor-teleport.ts';

export interface WorldOptions {
  readonly loaded: LoadedConfig;
  /** Of these alone, null: of all. */
  readonly cluster: string | null;
  readonly env: Environment;
  readonly daemon: RunningDaemon | null;
  readonly spawn: Spawn;
  /** Takes what is to be released. */
  readonly made: Cleanups;
  /** Of a handshake or one request, and of what the tools of a server are asked, ms. */
  readonly limitMs: number;
  readonly lookMs: number;
}

/** Sessions, and API servers, that are asked at the same time. */
const serversAtOnce = 64;
const apisAtOnce = 32;
/** Memory for answers that are being read, bytes. */
const answerBudgetBytes = 256 * 1024 * 1024;
const maxAnswerBytes = 1024 * 1024;

/** The world as `doctor` sees it: asked from here, once each; nothing is locked, written or subscribed to. */
export async function doctorWorld(options: WorldOptions, signal: AbortSignal): Promise<CheckWorld> {
  const { loaded, env, daemon, spawn, made } = options;
  const { config } = loaded;
  const clock = systemClock;
  const all = configuredFleet(config);
  const clusters = new Map([...all].filter(([name]) => options.cluster === null || name === options.cluster));
  const { fetch, close } = await fetchThrough(env);
  made.add('fetch', close);
  const accesses = new ClusterAccesses(
    () => all,
    () => null,
    env,
  );
  made.add('ways to clusters', () => accesses.close());
  const world = {
    loaded,
    clusters,
    env,
    clock,
    spawn,
    daemon,
    fetch: fetch as unknown as typeof globalThis.fetch,
    ...clusterProbes(options, accesses, clock, signal),
    ...teleportProbes(config.teleport, accesses, { ...options, clock }, signal),
    engine: once(() => lookAtEngine(options, [...clusters.values()])),
    slack: once(async () => {
      const { SlackProbe } = await import('../../notify/slack/probe.ts');
      const { bot_token: token = '', api_url: apiUrl = 'https://slack.com/api/' } = config.notify.slack ?? {};
      return new SlackProbe({ token, apiUrl, timeoutMs: options.limitMs, fetch, log: silentLogger });
    }),
    storage: () =>
      usableStorage(config.storage.artifacts, clock, AbortSignal.any([signal, AbortSignal.timeout(10_000)])),
    state: async () => (await openStateReader(config.storage.state.path)).close(),
  };
  return world;
}

/** What MCP servers and API servers say, each asked once. */
function clusterProbes(
  { loaded: { config }, env, daemon, spawn, made, limitMs, lookMs }: WorldOptions,
  accesses: ClusterAccesses,
  clock: Clock,
  signal: AbortSignal,
): Pick<CheckWorld, 'server' | 'watched' | 'api' | 'apiVersion'> {
  const agents = createAgents(env);
  made.add('connections to MCP servers', () => agents.close());
  const budget = new AnswerBudget(answerBudgetBytes);
  const version = packageVersion();
  const probing = {
    connection: config.connection,
    agents,
    budget,
    credential: accesses,
    clock,
    version,
    limitMs,
    lookMs,
  };
  const limits = { timeoutMs: limitMs, maxBytes: maxAnswerBytes };
  const atServers = pLimit(serversAtOnce);
  const atApis = pLimit(apisAtOnce);
  const watched = new Map(daemon?.health.clusters.map((one) => [one.name, one]));
  const api = onceEach(async (cluster) =>
    atApis(async (): Promise<ApiFinding> => {
      try {
        const through = accesses.throughTeleport(cluster.name);
        // Over ssh each question would be a session: kubectl asks all of them in four.
        if (through !== null && cluster.teleport?.access === 'ssh') {
          return { probe: await askThere(through, cluster, { clock, spawn, limitMs }, signal) };
        }
        const access = await accesses.apiOf(cluster.name);
        if (access === null) throw new Error('triage.kubeconfig is not set');
        return { probe: await askApi(access, cluster, { now: () => clock.now(), limits }, signal) };
      } catch (error) {
        if (error instanceof ProblemError) return { unusable: error.toProblem() };
        throw error;
      }
    }),
  );
  return {
    api,
    watched: onceEach(async ({ name, watch }) => {
      if (watch === null) throw new Error(`${name} is not watched`);
      const known = watched.get(name);
      if (known?.status === 'active' && known.error === null) return { failure: null, partial: null };
      // What can be read there is asked as the rights of the credential.
      if (watch.listEveryMs !== undefined) return { failure: null, partial: null };
      const open = () => accesses.openWatched({ name, watch });
      return await atApis(() => probeWatch({ name, watch }, open, limits, signal));
    }),
    apiVersion: async (cluster) => {
      const found = await api(cluster);
      return 'probe' in found ? found.probe : null;
    },
    server: onceEach(async ({ name, mcp }) => {
      if (mcp === null) throw new Error(`${name} has no MCP server`);
      const known = watched.get(name);
      // The daemon has a session, and no complaint: a second one would tell nothing more.
      if (known?.status === 'active' && known.error === null) return goodServer(known.source === 'push');
      return await atServers(() => probeServer({ name, mcp }, probing, signal));
    }),
  };
}

function goodServer(canPush: boolean): ServerProbe {
  return { failure: null, tookMs: 0, unfinished: null, otherCluster: null, unreadable: null, noPush: null, canPush };
}

async function lookAtEngine(
  { loaded: { config }, env, spawn, made }: WorldOptions,
  clusters: readonly CheckedCluster[],
): Promise<EngineFault | null> {
  const { engine, image, script } = config.agent;
  const docker = new DockerRunner({
    script: () => script ?? '',
    dataDir: config.data_dir,
    env: engineEnvironment(env),
    spawn,
    clock: systemClock,
  });
  made.add('container engine', () => docker.close());
  return await docker.look(engine, image, containedAgents(clusters.map(({ agent }) => agent)));
}

/** Whether reports can be stored, without making anything. @throws ProblemError */
async function usableStorage(
  config: LoadedConfig['config']['storage']['artifacts'],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (config.type === 'filesystem') {
    await access(await nearestExisting(config.path), constants.W_OK | constants.X_OK);
    return;
  }
  const artifacts = await openArtifacts({ ...config, create_container: false }, clock);
  try {
    await artifacts.check(signal);
  } catch (error) {
    // It is made when it is first needed.
    const status = error instanceof Error ? (error.cause as { statusCode?: unknown } | undefined)?.statusCode : null;
    if (status !== 404 || !config.create_container) throw error;
  }
}

function onceEach<T>(ask: (cluster: CheckedCluster) => Promise<T>): (cluster: CheckedCluster) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (cluster) => {
    const known = asked.get(cluster.name) ?? ask(cluster);
    asked.set(cluster.name, known);
    return known;
  };
}
