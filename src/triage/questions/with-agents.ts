import { agentAnswer, type AgentAnswerer, type QuestionAnswerer } from '../../domain/question.ts';
import { untilAborted } from '../../lib/abort.ts';

/**
 * Asks the agent that is configured first, and the rules where there is none, where it may not be started, and where it
 * gives no answer: then the answer says why. An agent goes on when nobody waits for it any more: its answer is kept.
 */
export function withAgents(rules: QuestionAnswerer, agents: AgentAnswerer): QuestionAnswerer {
  return {
    answer: async (question, signal, onAgent = () => {}) => {
      const asked = await agents.ask(question);
      if (asked.kind === 'rules') return await rules.answer(question, signal);
      if (asked.kind === 'refused') return { ...(await rules.answer(question, signal)), note: asked.why };
      onAgent(asked.question);
      const ended = await untilAborted(asked.ended, signal);
      return agentAnswer(ended) ?? { ...(await rules.answer(question, signal)), note: ended.error ?? 'no answer' };
    },
  };
}
