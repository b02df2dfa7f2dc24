import type { AgentQuestion } from '../../src/domain/question.ts';
import { sampleTime } from './incident-samples.ts';

/** A question that an agent has answered. */
export function sampleQuestion(over: Partial<AgentQuestion> = {}): AgentQuestion {
  return {
    id: 'ask_1',
    incidentId: 'inc_1',
    cluster: 'prod-eu',
    text: 'why?',
    by: 'ana',
    agent: 'claude',
    model: 'm-1',
    askedAt: sampleTime,
    until: sampleTime + 150_000,
    endedAt: sampleTime + 12_000,
    answer: { text: 'REDIS_URL is missing.', sources: ['evidence/a.log'] },
    error: null,
    usage: null,
    ...over,
  };
}
