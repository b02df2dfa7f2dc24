import {
  agentAnswer,
  AskAnewError,
  type Question,
  type QuestionAnswer,
  type QuestionAnswerer,
} from '../../domain/question.ts';
import type { AgentsOverKept, KeptReading, RulesAnswerer } from '../../domain/questions/kept-incident.ts';
import { untilAborted } from '../../lib/abort.ts';

export interface WithAgentsOptions {
  readonly rules: RulesAnswerer;
  readonly agents: AgentsOverKept;
  /** Read once for both. */
  readonly reading: (incidentId: string) => KeptReading;
  /** Told what rules answered; what an agent did is on its row. Must not reject: an answer is given also where it cannot be kept. */
  readonly keep: (question: Question, answer: QuestionAnswer) => Promise<void>;
}

/**
 * Asks the agent that is configured first, and the rules where there is none, where it may not be started, and where it
 * gives no answer: then the answer says why. An agent goes on when nobody waits for it any more: its answer is kept. Where
 * nightcrier stops, who keeps the question asks it anew, and the others are answered by rules.
 */
export function withAgents({ rules, agents, reading, keep }: WithAgentsOptions): QuestionAnswerer {
  return {
    answer: async (question, signal, onAgent = () => {}) => {
      const kept = reading(question.incidentId);
      const byRules = async (note?: string): Promise<QuestionAnswer> => {
        // An agent can have been waited for over minutes: what has changed meanwhile is what is so now.
        const answer = await rules.answer(question, signal, note === undefined ? kept : kept.anew());
        await keep(question, answer);
        return note === undefined ? answer : { ...answer, note };
      };
      const asked = await agents.ask(question, kept);
      if (asked.kind === 'rules') return await byRules();
      const isKept = question.talk?.id !== undefined;
      if (asked.kind === 'refused') {
        if (isKept && asked.askAnew === true) throw new AskAnewError(asked.why);
        return await byRules(asked.why);
      }
      if (asked.question.endedAt === null) onAgent(asked.question);
      const ended = await untilAborted(asked.ended, signal);
      if (isKept && ended.cutOff === true) throw new AskAnewError(ended.error ?? '');
      return agentAnswer(ended) ?? (await byRules(ended.error ?? 'no answer'));
    },
  };
}
