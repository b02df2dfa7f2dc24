import { registry } from './registry.ts';
import { runChecks } from './run-checks.ts';
import type { SeenProblem } from './standing.ts';
import type { CheckedCluster, CheckWorld } from '../world.ts';
import { askVersion } from '../../cluster/permissions/ask-api.ts';
import { credentialProblems } from '../../cluster/permissions/credential-problems.ts';
import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { ClusterStatus } from '../../domain/cluster-status.ts';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import { credentialEnd } from '../../kube/credential/credential-end.ts';
import { credentialProblems as kinds } from '../../kube/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { every } from '../../lib/every.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText, type Problem } from '../../lib/problem.ts';
import { spawnProcess } from '../../lib/process/spawn.ts';

type Fleet = ReadonlyMap<string, CheckedCluster>;

interface Accesses {
  /** The credential of a cluster; null when it has none. @throws ProblemError */
  apiOf(cluster: string): Promise<ApiAccess | null>;
}

interface DaemonChecksOptions {
  readonly loaded: () => LoadedConfig;
  readonly fleet: () => Fleet;
  readonly accesses: Accesses;
  readonly env: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when they were made. */
  readonly onMade: () => void;
}

/** The checks that a running daemon makes itself: files, disk, clock and kubectl, and how long credentials last. */
export interface DaemonChecks {
  start(): void;
  stop(): Promise<void>;
  /** What they found last; nothing before they were made once. */
  problems(): readonly SeenProblem[];
  /** What is wrong with how long the credential of a cluster lasts, null when nothing is. */
  credentialEnd(cluster: string): Problem | null;
}

const checkEveryMs = 5 * 60_000;
const checkLimitMs = 30_000;
/** API servers that are asked for their version and time. */
const maxAsked = 20;

export function daemonChecks(options: DaemonChecksOptions): DaemonChecks {
  const { fleet, clock, logger } = options;
  let found: readonly SeenProblem[] = [];
  let ends = new Map<string, Problem>();
  const failed = (error: unknown): void => logger.warn({ error: errorText(error) }, 'checks could not be made');
  const looks = every({ clock, intervalMs: checkEveryMs, failed, atOnce: true }, async (signal) => {
    ends = await credentialEnds(fleet(), clock.now(), signal);
    const own = registry.filter(({ inDaemon }) => inDaemon);
    const checked = await runChecks(own, worldOf(options, signal), { clock, limitMs: checkLimitMs }, signal);
    found = checked.flatMap(({ problem }) => (problem === null ? [] : [{ cluster: null, problem }]));
    options.onMade();
  });
  return {
    start: () => looks.start(),
    stop: () => looks.stop(),
    problems: () => found,
    credentialEnd: (cluster) => ends.get(cluster) ?? null,
  };
}

/** What a cluster has to complain of: its connection, and its credential as it was last asked about. */
export function clusterProblems(
  statuses: readonly ClusterStatus[],
  fleet: Fleet,
  endOf: (cluster: string) => Problem | null,
): SeenProblem[] {
  return statuses.flatMap(({ cluster, error, permissions }) => {
    const end = endOf(cluster);
    const settings = fleet.get(cluster);
    const asked = permissions === null || settings === undefined ? [] : credentialProblems(permissions, settings);
    // Why it is refused is known then.
    const ofCredential =
      end?.code === kinds.expired.code ? asked.filter(({ code }) => code !== kinds.refused.code) : asked;
    const all = [...(error === null ? [] : [error]), ...(end === null ? [] : [end]), ...ofCredential];
    return all.map((problem) => ({ cluster, problem }));
  });
}

/** One kubeconfig after the other: nobody waits for it, and connections are served between them. */
async function credentialEnds(fleet: Fleet, now: number, signal: AbortSignal): Promise<Map<string, Problem>> {
  const ends = new Map<string, Problem>();
  for (const { name, triageEnabled, kubeconfig, context } of fleet.values()) {
    signal.throwIfAborted();
    if (!triageEnabled || kubeconfig === null) continue;
    const end = await credentialEnd(kubeconfig, context, now);
    if (end !== null) ends.set(name, end);
  }
  return ends;
}

/** What the daemon's own checks look at; what only a person's command asks is not there. */
function worldOf(options: DaemonChecksOptions, signal: AbortSignal): CheckWorld {
  const { loaded, fleet, accesses, env, clock } = options;
  const triaged = [...fleet().values()].filter(({ triageEnabled }) => triageEnabled).slice(0, maxAsked);
  const none = (): never => {
    throw new Error('the daemon does not ask this');
  };
  return {
    loaded: loaded(),
    clusters: new Map(triaged.map((cluster) => [cluster.name, cluster])),
    env,
    clock,
    spawn: spawnProcess,
    daemon: null,
    fetch: none,
    server: none,
    watched: none,
    api: none,
    teleport: none,
    reached: none,
    apiVersion: (cluster) => versionOf(cluster, accesses, clock, signal),
    engine: none,
    slack: none,
    storage: none,
    state: none,
  };
}

async function versionOf(
  { name }: Pick<CheckedCluster, 'name'>,
  accesses: Accesses,
  clock: Clock,
  signal: AbortSignal,
) {
  try {
    const access = await accesses.apiOf(name);
    if (access === null) return null;
    const limits = { timeoutMs: 5000, maxBytes: 64 * 1024 };
    return await askVersion(access, { now: () => clock.now(), limits }, signal);
  } catch {
    return null;
  }
}
