import type { Config } from '../config/schema.ts';
import type { AgentChoice } from '../domain/ports.ts';
import { gatewayProblems } from '../gateway/errors.ts';
import { type Problem, problem } from '../lib/problem.ts';
import { triageProblems } from '../triage/errors.ts';

/** Whose models the agent CLIs ask. */
const providerOf = { claude: 'anthropic', codex: 'openai', gemini: 'gemini' } as const;

/** The agents that run in containers, each once. */
export function containedAgents(agents: readonly Pick<AgentChoice, 'cli' | 'runner'>[]): string[] {
  const contained = agents.filter(({ cli, runner }) => cli !== 'builtin' && runner === 'docker');
  return [...new Set(contained.map(({ cli }) => cli))];
}

/** The keys without which these agents get no answer of their model: the gateway is their only way to it. */
export function keysMissing({ gateway: { models } }: Pick<Config, 'gateway'>, clis: readonly string[]): Problem[] {
  return Object.entries(providerOf)
    .filter(([cli, provider]) => clis.includes(cli) && models[provider].api_key === undefined)
    .map(([cli, provider]) => {
      const { modelKeyMissing } = gatewayProblems;
      return problem(modelKeyMissing, `${cli} asks ${provider}, for which there is no key`, { provider });
    });
}

/** What agents reach that the gateway does not hold. */
export function unlockedAgents(
  { egress }: Pick<Config['agent'], 'egress'>,
  agents: readonly Pick<AgentChoice, 'cli' | 'runner'>[],
): Problem[] {
  const { agentUnlocked, openNetwork } = triageProblems;
  const asProcess = agents.some(({ cli, runner }) => cli !== 'builtin' && runner === 'process');
  const open = egress !== 'gateway' && containedAgents(agents).length > 0;
  return [
    ...(asProcess ? [problem(agentUnlocked, agentUnlocked.title)] : []),
    ...(open ? [problem(openNetwork, openNetwork.title)] : []),
  ];
}
