import { longestQuestion } from '../../domain/question.ts';
import type { Act } from '../frame/handlers.ts';
import { incidentPath } from '../parts/incident-row.ts';

/** `POST /i/ID/ask`: a question to an agent, field `q`; the page that follows has its answer, or that of the rules. */
export const ask: Act = async ({ by, fields, params }, { reader, agents }) => {
  const detail = await reader.incident(params['id'] ?? '');
  if (detail === null) return { kind: 'unknown' };
  const { id } = detail.incident;
  const text = (fields.get('q') ?? '').trim().slice(0, longestQuestion).toWellFormed();
  const byRules = `${incidentPath(id)}/ask?q=${encodeURIComponent(text)}`;
  if (text === '') return { kind: 'done', said: 'Write a question first.', to: `${incidentPath(id)}/ask` };
  const asked = await agents.ask({ incidentId: id, text, by, mayAct: true });
  if (asked.kind === 'asked') {
    const to = `${incidentPath(id)}/asked/${encodeURIComponent(asked.question.id)}`;
    return { kind: 'done', said: `${asked.question.agent} was asked.`, to };
  }
  const said = asked.kind === 'refused' ? `${asked.why}. Rules answer.` : 'No agent is configured: rules answer.';
  return { kind: 'done', said, to: byRules };
};
