import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { IncidentOrder, OrderStore } from '../domain/incident.ts';
import type { Asked } from '../domain/people/viewer.ts';
import {
  type Question,
  type QuestionAnswerer,
  questionText,
  selfNamed,
  TooManyQuestionsError,
} from '../domain/question.ts';
import type { StateReader } from '../domain/state-store.ts';
import { incidentDetailJson } from '../domain/wire/incident.ts';
import { questionAnswerJson } from '../domain/wire/question.ts';
import type { Clock } from '../lib/clock.ts';
import { ProblemError } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import { asRefusal, HttpProblem, incidentEnded, notFound } from './errors.ts';
import { nobody, parse, person } from './requests.ts';

export interface OrderRoutesOptions {
  readonly orders: OrderStore;
  readonly reader: Pick<StateReader, 'incident'>;
  readonly clock: Pick<Clock, 'now'>;
}

const orderSchema = z.strictObject({ author: person, comment: z.string().max(500).default('') }).prefault({});

/** `POST /api/incidents/ID/ack`, `/resolve` and `/rerun` (docs/formats.md, HTTP). */
export function orderRoutes(app: FastifyInstance, { orders, reader, clock }: OrderRoutesOptions): void {
  const route = (kind: IncidentOrder['kind']): void => {
    app.post<{ Params: { id: string } }>(`/api/incidents/:id/${kind}`, async (request) => {
      const { id } = request.params;
      const body = parse(orderSchema, request.body ?? {}, 'a JSON object {author?, comment?}');
      const order = { kind, by: body.author, comment: oneLine(body.comment, 500) };
      const answer = await orders.orderIncident(id, order, clock.now());
      if (answer.kind === 'unknown') throw new HttpProblem(404, notFound, 'there is no such incident');
      const { status } = answer.incident;
      if (answer.kind === 'ended') throw new HttpProblem(409, incidentEnded, `the incident has ended: it is ${status}`);
      const detail = await reader.incident(id);
      if (detail === null) throw new HttpProblem(404, notFound, 'there is no such incident');
      return incidentDetailJson(detail);
    });
  };
  for (const kind of ['ack', 'resolve', 'rerun'] as const) route(kind);
}

/** Who wants no agent, or may not have one, is answered by rules; the latter is told why. */
async function rights(
  wanted: boolean,
  mayChange: () => Promise<boolean>,
): Promise<Pick<Question, 'mayAct' | 'whyNot'>> {
  if (!wanted) return { mayAct: false };
  return (await mayChange()) ? { mayAct: true } : { mayAct: false, whyNot: 'you may read, and not act' };
}

interface AskRoutesOptions {
  readonly questions: QuestionAnswerer;
  /** Whether who asks may change something, and so may cost something. */
  readonly mayChange: (asked: Asked) => Promise<boolean>;
}

const askSchema = z.strictObject({
  question: z.string().transform(questionText).pipe(z.string().min(1)),
  author: person,
  /** False: no agent is started for it. */
  agent: z.boolean().default(true),
});

/**
 * `POST /api/incidents/ID/ask`: a question, answered from what is kept (docs/questions.md). No cluster is asked, and nothing
 * is changed; an agent is started for it where one is configured and who asks may act.
 */
export function askRoutes(app: FastifyInstance, { questions, mayChange }: AskRoutesOptions): void {
  const config = { reads: true };
  app.post<{ Params: { id: string } }>('/api/incidents/:id/ask', { config }, async (request, reply) => {
    const said = parse(askSchema, request.body ?? {}, 'a JSON object {question, author?, agent?}');
    const { question: text, author: by } = said;
    const { id } = request.params;
    try {
      const may = await rights(said.agent, () => mayChange(request));
      // Nobody knows whether two who give no name are one.
      const talk = by === nobody ? {} : { talk: { person: selfNamed(by), thread: null } };
      const asked = { incidentId: id, text, by, ...may, ...talk };
      const answer = await questions.answer(asked, request.signal);
      if (answer.noIncident === true) throw new HttpProblem(404, notFound, 'there is no such incident');
      return questionAnswerJson(id, answer);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error instanceof TooManyQuestionsError) reply.header('retry-after', '15');
      throw asRefusal(error, error instanceof TooManyQuestionsError ? 429 : 503);
    }
  });
}
