import type { ProviderName } from '../../gateway/models/provider.ts';
import { gatewayProblems } from '../../gateway/errors.ts';
import { checkKey } from '../../gateway/models/check-key.ts';
import { errorText, ProblemError, problem, type ProblemKind } from '../../lib/problem.ts';
import { storeProblems } from '../../storage/errors.ts';
import { engineFaultProblems, engineProblem, triageProblems } from '../../triage/errors.ts';
import { containedAgents, keysMissing, unlockedAgents } from '../agent-problems.ts';
import { type Check, finding } from '../check.ts';
import type { CheckWorld } from '../world.ts';

const whole = (): readonly string[] => [''];
const agentsOf = ({ clusters }: CheckWorld) => [...clusters.values()].map(({ agent }) => agent);
const contained = (world: CheckWorld): readonly string[] => containedAgents(agentsOf(world));
const engineKinds: readonly ProblemKind[] = [...new Set(Object.values(engineFaultProblems))];

/** What agents other than the built-in analyst need. */
export const agentChecks: readonly Check[] = [
  {
    id: 'engine.ready',
    group: 'engine',
    statement: 'the container engine answers and has the image of the agents',
    ofMany: null,
    kinds: engineKinds,
    dependsOn: [],
    inDaemon: false,
    subjects: (world) => (contained(world).length > 0 ? [''] : []),
    run: async ({ engine, loaded: { config } }) => {
      const fault = await engine();
      return finding(
        fault === null ? null : engineProblem(fault, config.agent),
        `${config.agent.engine}, ${config.agent.image}`,
      );
    },
  },
  {
    id: 'engine.locked',
    group: 'engine',
    statement: 'agents reach nothing but the gateway',
    ofMany: null,
    kinds: [triageProblems.agentUnlocked, triageProblems.openNetwork],
    dependsOn: [],
    inDaemon: false,
    subjects: (world) => (agentsOf(world).some(({ cli }) => cli !== 'builtin') ? [''] : []),
    run: async (world) => ({ problems: unlockedAgents(world.loaded.config.agent, agentsOf(world)) }),
  },
];

/** The keys with which the gateway reaches the models. */
export const modelChecks: readonly Check[] = [
  {
    id: 'models.keys',
    group: 'models',
    statement: 'every agent has the key of its model',
    ofMany: null,
    kinds: [gatewayProblems.modelKeyMissing],
    dependsOn: [],
    inDaemon: false,
    subjects: (world) => (contained(world).length > 0 ? [''] : []),
    run: async (world) => {
      const { config } = world.loaded;
      if (config.agent.egress !== 'gateway') return { skipped: 'agents do not go through the gateway' };
      return { problems: keysMissing(config, contained(world)) };
    },
  },
  {
    id: 'models.accepted',
    group: 'models',
    statement: '{subject} takes its key',
    ofMany: 'providers take their keys',
    kinds: [gatewayProblems.modelKeyRefused, gatewayProblems.modelUnreachable],
    dependsOn: [],
    inDaemon: false,
    subjects: ({ loaded: { config } }) => providers.filter((name) => config.gateway.models[name].api_key !== undefined),
    run: async ({ loaded: { config }, fetch }, subject, signal) => {
      const name = providers.find((one) => one === subject) ?? 'anthropic';
      const { api_key: key = '', base_url: baseUrl } = config.gateway.models[name];
      return finding(await checkKey({ name, key, baseUrl }, fetch, signal));
    },
  },
];

const providers: readonly ProviderName[] = ['anthropic', 'openai', 'gemini'];

/** Where reports go. */
export const storageChecks: readonly Check[] = [
  {
    id: 'storage.artifacts',
    group: 'storage',
    statement: 'reports can be stored',
    ofMany: null,
    kinds: [storeProblems.azure, storeProblems.artifacts],
    dependsOn: ['data.writable'],
    inDaemon: false,
    subjects: whole,
    run: async ({ storage, loaded: { config } }) => {
      try {
        await storage();
        return { problems: [], detail: config.storage.artifacts.type };
      } catch (error) {
        if (error instanceof ProblemError) return finding(error.toProblem());
        return finding(problem(storeProblems.artifacts, errorText(error)));
      }
    },
  },
];
