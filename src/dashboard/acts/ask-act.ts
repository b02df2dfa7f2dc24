import { questionText } from '../../domain/question.ts';
import type { Act } from '../frame/handlers.ts';
import { askedPath, askPath } from '../parts/ask-form.ts';

/** `POST /i/ID/ask`: a question to an agent, field `q`; the page that follows has its answer, or that of the rules. */
export const ask: Act = async ({ by, fields, params }, { reader, agents }) => {
  const detail = await reader.incident(params['id'] ?? '');
  if (detail === null) return { kind: 'unknown' };
  const { id } = detail.incident;
  const text = questionText(fields.get('q') ?? '');
  if (text === '') return { kind: 'done', said: 'Write a question first.', to: askPath(id) };
  const talk = { person: `page:${by}`, thread: null };
  const asked = await agents.ask({ incidentId: id, text, by, mayAct: true, talk });
  if (asked.kind === 'asked') {
    return { kind: 'done', said: `${asked.question.agent} was asked.`, to: askedPath(asked.question) };
  }
  const said = asked.kind === 'refused' ? `${asked.why}. Rules answer.` : 'No agent is configured: rules answer.';
  return { kind: 'done', said, to: askPath(id, text) };
};
