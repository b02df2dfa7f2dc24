import type { Registry } from 'prom-client';
import { containedAgents, keysMissing, unlockedAgents } from '../checks/agent-problems.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { AgentJob, AgentRunEnd, EngineFault, EngineFaultName } from '../domain/ports.ts';
import type { AgentTools } from '../gateway/answer.ts';
import { createGateway } from '../gateway/create-gateway.ts';
import type { ModelRoute, ModelRouteOptions } from '../gateway/models/model-route.ts';
import { registerGatewayMetrics } from '../gateway/metrics.ts';
import type { Cleanups } from '../lib/cleanups.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Problem } from '../lib/problem.ts';
import { killMarkedProcesses } from '../lib/process/marked-processes.ts';
import { spawnProcess } from '../lib/process/spawn.ts';
import type { TriageOptions } from '../triage/create-triage.ts';
import { engineProblem } from '../triage/errors.ts';
import { DockerRunner } from '../triage/runner/docker-runner.ts';
import { createProcessRunner, endAbandonedAgents } from '../triage/workspace/process-runner.ts';
import type { ClusterAccesses } from './clusters.ts';
import { defaultAgentScript } from './package-info.ts';
import type { Fleet } from './settings.ts';

interface AgentPartsOptions {
  /** As it is configured now, like the fleet. */
  readonly config: () => Config;
  readonly fleet: () => Fleet;
  readonly accesses: Pick<ClusterAccesses, 'apiOf'>;
  /** Folder of the workspaces of all runs. */
  readonly workspaces: string;
  readonly env: Environment;
  /** What agents may ask of their cluster at `/mcp`. */
  readonly tools: AgentTools;
  /** Takes what is to be released. */
  readonly made: Cleanups;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What agents need: who starts them, what they can reach, whose rights they have, and who ends those of an earlier process. */
export function agentParts(options: AgentPartsOptions): Pick<
  TriageOptions,
  'runner' | 'gateway' | 'owner' | 'endAbandoned'
> & {
  readonly problems: () => Problem[];
  /** Looks again whether agents can be started: other agents, or another engine or image, are configured. */
  readonly look: () => Promise<void>;
} {
  const { config, accesses, workspaces, env, registry, clock, logger } = options;
  const gatewayLogger = logger.child({ component: 'gateway' });
  const models = modelRoute({
    config: () => config().gateway.models,
    proxy: env,
    logger: gatewayLogger,
  });
  options.made.add('model connections', () => models.close());
  const script = (): string => config().agent.script ?? defaultAgentScript;
  const processes = createProcessRunner({
    script,
    path: env['PATH'] ?? '/usr/bin:/bin',
    spawn: spawnProcess,
    killMarked: killMarkedProcesses,
  });
  const containers = containerParts(options, script);
  return {
    runner: { run: (job, signal) => (job.runner === 'docker' ? containers : processes).run(job, signal) },
    problems: containers.problems,
    look: containers.look,
    gateway: createGateway({
      dataDir: config().data_dir,
      accessOf: (cluster) => accesses.apiOf(cluster),
      settings: (cluster) => kubernetesSettings(config(), options.fleet().get(cluster)?.allowSecrets ?? false),
      clock,
      logger: gatewayLogger,
      models,
      onRequest: registerGatewayMetrics(registry),
      tools: options.tools,
    }),
    owner: agentOwner(process.getuid?.()),
    endAbandoned: async () => {
      const ended = await endAbandonedAgents(workspaces, killMarkedProcesses);
      return ended + (await containers.endAbandoned());
    },
  };
}

/** Of these the next run will not be rid either. */
const standing: ReadonlySet<EngineFaultName> = new Set([
  'engine_absent',
  'engine_unavailable',
  'image_missing',
  'image_unsuitable',
  'agent_not_installed',
  'agent_not_executable',
  'container_not_started',
]);

/** What a configuration says of agents other than the analyst. */
function agentsInUse(config: Config, fleet: Fleet) {
  const agents = [...fleet.values()].map(({ agent }) => agent);
  const inContainers = containedAgents(agents);
  const keyless = config.agent.egress === 'gateway' ? keysMissing(config, inContainers) : [];
  return { ...config.agent, inContainers, standing: [...unlockedAgents(config.agent, agents), ...keyless] };
}

/** The containers of agents, with what a person has to know of them. */
function containerParts(options: AgentPartsOptions, script: () => string) {
  const { env, made, clock } = options;
  const inUse = () => agentsInUse(options.config(), options.fleet());
  const docker = new DockerRunner({
    script,
    dataDir: options.config().data_dir,
    env: engineEnvironment(env),
    spawn: spawnProcess,
    clock,
  });
  made.add('containers', () => docker.close());
  let fault: EngineFault | null = null;
  const told = (now: EngineFault): Problem => engineProblem(now, options.config().agent);
  /** Looks whether agents can be started, where any are. */
  const look = async (): Promise<void> => {
    const { engine, image, inContainers } = inUse();
    fault = inContainers.length === 0 ? null : await docker.look(engine, image, inContainers);
  };
  return {
    look,
    async run(job: AgentJob, signal: AbortSignal): Promise<AgentRunEnd> {
      const end = await docker.run(job, signal);
      if (end.reason === 'exit')
        fault = end.engineFault && standing.has(end.engineFault.fault) ? end.engineFault : null;
      return end;
    },
    /** Removes what an earlier process left, and looks whether agents can be started. */
    async endAbandoned(): Promise<number> {
      const { engine, inContainers } = inUse();
      if (inContainers.length === 0) return 0;
      const ended = (await docker.endAbandoned(engine)) ?? 0;
      await look();
      return ended;
    },
    problems: (): Problem[] => {
      const { standing: known } = inUse();
      return fault === null ? known : [...known, told(fault)];
    },
  };
}

/** What the engine's program needs of our environment: where the engine is. */
export function engineEnvironment(env: Environment): Record<string, string> {
  const named = Object.entries(env).filter(([name]) =>
    /^(?:PATH|HOME|XDG_RUNTIME_DIR|DOCKER_.*|CONTAINER_.*)$/.test(name),
  );
  return { PATH: '/usr/bin:/bin', ...Object.fromEntries(named.map(([name, value]) => [name, value ?? ''])) };
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

/** Values of Secrets are shown where the cluster allows it as well. */
export function kubernetesSettings({ gateway: { kubernetes } }: Config, allowsSecrets: boolean) {
  return kubernetes.secrets === 'allow' && !allowsSecrets ? { ...kubernetes, secrets: 'redact' as const } : kubernetes;
}

/** Agents in containers are nobody of this machine; a process that is not root can only give its own user. */
export function agentOwner(uid: number | undefined): TriageOptions['owner'] {
  return uid === 0 ? { uid: 1000, gid: 1000 } : null;
}
