import type { Registry } from 'prom-client';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { createGateway } from '../gateway/create-gateway.ts';
import type { ModelRoute, ModelRouteOptions } from '../gateway/models/model-route.ts';
import { registerGatewayMetrics } from '../gateway/metrics.ts';
import type { Cleanups } from '../lib/cleanups.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { killMarkedProcesses } from '../lib/process/marked-processes.ts';
import { spawnProcess } from '../lib/process/spawn.ts';
import type { TriageOptions } from '../triage/create-triage.ts';
import { createProcessRunner, endAbandonedAgents } from '../triage/workspace/process-runner.ts';
import type { ClusterAccesses } from './clusters.ts';
import { proxySettings } from './notifiers.ts';
import { defaultAgentScript } from './package-info.ts';

interface AgentPartsOptions {
  readonly config: Config;
  readonly accesses: Pick<ClusterAccesses, 'apiOf'>;
  /** Folder of the workspaces of all runs. */
  readonly workspaces: string;
  readonly env: Environment;
  /** Takes what is to be released. */
  readonly made: Cleanups;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What agents need: who starts them, what they can reach, whose rights they have, and who ends those of an earlier process. */
export function agentParts(
  options: AgentPartsOptions,
): Pick<TriageOptions, 'runner' | 'gateway' | 'owner' | 'endAbandoned'> {
  const { config, accesses, workspaces, env, registry, clock, logger } = options;
  const gatewayLogger = logger.child({ component: 'gateway' });
  const models = modelRoute({ config: config.gateway.models, proxy: proxySettings(env), logger: gatewayLogger });
  options.made.add('model connections', () => models.close());
  return {
    runner: createProcessRunner({
      script: () => config.agent.script ?? defaultAgentScript,
      path: env['PATH'] ?? '/usr/bin:/bin',
      spawn: spawnProcess,
      killMarked: killMarkedProcesses,
    }),
    gateway: createGateway({
      dataDir: config.data_dir,
      accessOf: (cluster) => accesses.apiOf(cluster),
      settings: () => config.gateway,
      clock,
      logger: gatewayLogger,
      models,
      onRequest: registerGatewayMetrics(registry),
    }),
    owner: agentOwner(process.getuid?.()),
    endAbandoned: () => endAbandonedAgents(workspaces, killMarkedProcesses),
  };
}

/** Loaded with the first request to a model: its HTTP client takes 20 MB. */
function modelRoute(options: ModelRouteOptions): ModelRoute {
  let made: Promise<ModelRoute> | null = null;
  const route = (): Promise<ModelRoute> => {
    made ??= import('../gateway/models/model-route.ts').then(({ createModelRoute }) => createModelRoute(options));
    return made;
  };
  return {
    handle: async (request, response, run) => await (await route()).handle(request, response, run),
    close: async () => await (await made)?.close(),
  };
}

/** Agents in containers are nobody of this machine; a process that is not root can only give its own user. */
export function agentOwner(uid: number | undefined): TriageOptions['owner'] {
  return uid === 0 ? { uid: 1000, gid: 1000 } : null;
}
