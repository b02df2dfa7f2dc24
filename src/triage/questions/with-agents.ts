import { agentAnswer, type QuestionAnswerer } from '../../domain/question.ts';
import type { AgentsOverKept, KeptReading, RulesAnswerer } from '../../domain/questions/kept-incident.ts';
import { untilAborted } from '../../lib/abort.ts';

/**
 * Asks the agent that is configured first, and the rules where there is none, where it may not be started, and where it
 * gives no answer: then the answer says why. An agent goes on when nobody waits for it any more: its answer is kept.
 * What `reading` gives is read once for both.
 */
export function withAgents(
  rules: RulesAnswerer,
  agents: AgentsOverKept,
  reading: (incidentId: string) => KeptReading,
): QuestionAnswerer {
  return {
    answer: async (question, signal, onAgent = () => {}) => {
      const kept = reading(question.incidentId);
      const asked = await agents.ask(question, kept);
      if (asked.kind === 'rules') return await rules.answer(question, signal, kept);
      if (asked.kind === 'refused') return { ...(await rules.answer(question, signal, kept)), note: asked.why };
      onAgent(asked.question);
      const ended = await untilAborted(asked.ended, signal);
      return (
        agentAnswer(ended) ?? { ...(await rules.answer(question, signal, kept)), note: ended.error ?? 'no answer' }
      );
    },
  };
}
