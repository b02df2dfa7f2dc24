import type { CheckedCluster, CheckWorld } from '../../checks/world.ts';
import type { ApiProbe } from '../../cluster/permissions/ask-api.ts';
import { probePermissions } from '../../cluster/permissions/probe.ts';
import { type Environment, setVariables } from '../../config/environment.ts';
import type { Config } from '../../config/schema.ts';
import { ReadError } from '../../kube/cluster-reader.ts';
import { ApiReader } from '../../kube/read/api-reader.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Spawn } from '../../lib/process/spawn.ts';
import { ProblemError } from '../../lib/problem.ts';
import { teleportProblems } from '../../teleport/errors.ts';
import { tshSettings } from '../../teleport/place.ts';
import { readiness } from '../../teleport/readiness.ts';
import type { TeleportAccess } from '../../teleport/teleport-accesses.ts';
import { Tsh } from '../../teleport/tsh.ts';
import type { ClusterAccesses } from '../clusters.ts';

/** A session takes its time, whatever a person wants to wait for a request, ms. */
const leastSessionMs = 10_000;

/** Loaded when it is needed: undici takes 20 MB. */
const httpClient = () =>
  Promise.all([import('../../lib/proxy/proxied-dispatchers.ts'), import('../../teleport/proxy-ping.ts')]);

interface TeleportWorld {
  readonly env: Environment;
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Of one session, ms. */
  readonly limitMs: number;
}

/** What doctor asks of Teleport: itself, and each cluster that is read through it. */
export function teleportProbes(
  config: Config['teleport'],
  accesses: Pick<ClusterAccesses, 'apiOf'>,
  { env, spawn, clock, limitMs }: TeleportWorld,
  signal: AbortSignal,
): Pick<CheckWorld, 'teleport' | 'reached'> {
  return {
    teleport: async () => {
      if (config === undefined) throw new Error('teleport is not configured');
      const settings = tshSettings(config);
      const tsh = new Tsh({ settings: () => settings, spawn, clock, env: setVariables(env) });
      const [{ ProxiedDispatchers }, { pingProxy }] = await httpClient();
      const ways = new ProxiedDispatchers(env);
      try {
        const ping = (end: AbortSignal) => pingProxy(settings.proxy, ways, end);
        const { client, proxy, problems, warnings } = await readiness(tsh, ping, clock.now(), signal);
        const versions = `tsh ${client ?? 'unknown'}, proxy ${proxy?.serverVersion ?? 'unknown'}`;
        return { problems, detail: [versions, ...warnings].join('; ') };
      } finally {
        await ways.destroy();
      }
    },
    reached: async ({ name }) => {
      try {
        const access = await accesses.apiOf(name);
        if (access === null) return null;
        await new ApiReader(access, { timeoutMs: Math.max(limitMs, leastSessionMs) }).document('/version', signal);
        return null;
      } catch (error) {
        signal.throwIfAborted();
        return problemOf(error);
      }
    },
  };
}

/** That the API server refuses is for the credential to say: it was reached. */
function problemOf(error: unknown) {
  if (error instanceof ProblemError) return error.toProblem();
  if (!(error instanceof ReadError)) throw error;
  if (error.problem !== null || error.status !== null) return error.problem;
  return new ProblemError(teleportProblems.failed, error.message).toProblem();
}

/** The questions of `askApi` to a cluster that is read over ssh: by the kubectl there, in four sessions instead of thirty. */
export async function askThere(
  through: TeleportAccess,
  cluster: CheckedCluster,
  { clock, spawn, limitMs }: Omit<TeleportWorld, 'env'>,
  signal: AbortSignal,
): Promise<ApiProbe> {
  const options = { spawn, clock, kubectl: 'kubectl', kubectlOf: () => through.kubectl, env: {} };
  const reader = new ApiReader(through.api, { timeoutMs: Math.max(limitMs, leastSessionMs) });
  const [permissions, about] = await Promise.all([
    probePermissions(cluster, Math.max(limitMs, leastSessionMs), options, signal),
    reader.document('/version', signal).catch(() => null),
  ]);
  const { gitVersion } = (about ?? {}) as { gitVersion?: unknown };
  return { version: typeof gitVersion === 'string' ? gitVersion : null, aheadMs: null, permissions };
}
