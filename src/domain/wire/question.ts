import { z } from 'zod';
import type { AgentQuestion, QuestionAnswer } from '../question.ts';
import { iso, isoOrNull } from './times.ts';

/** What `POST /api/incidents/ID/ask` answers. */
export const questionAnswerSchema = z.object({
  incident_id: z.string(),
  /** One or more lines: those that begin with `> ` quote the cluster, with `$ ` are commands. */
  text: z.string(),
  /** Evidence files and parts that it was answered from. */
  sources: z.array(z.string()),
  /** `rules`, or the name of the agent. */
  by: z.string(),
  /** Of the agent's answer; null where rules answered. */
  model: z.string().nullable(),
  duration_ms: z.int().nullable(),
  /** US dollars at list prices; null where rules answered, and when not known. */
  usd: z.number().nullable(),
  /** Why the agent that is configured did not answer; null where it did, and where none was to. */
  note: z.string().nullable(),
});
export type QuestionAnswerJson = z.infer<typeof questionAnswerSchema>;

export function questionAnswerJson(incidentId: string, answer: QuestionAnswer): QuestionAnswerJson {
  const { text: lines, sources, by, took, note } = answer;
  return {
    incident_id: incidentId,
    text: lines,
    sources: [...sources],
    by,
    model: took?.model ?? null,
    duration_ms: took?.durationMs ?? null,
    usd: took?.usd ?? null,
    note: note ?? null,
  };
}

/** A question that an agent answers, as an event of `GET /api/events` tells it. */
export const agentQuestionSchema = z.object({
  id: z.string(),
  incident_id: z.string(),
  cluster: z.string(),
  question: z.string(),
  by: z.string(),
  agent: z.string(),
  model: z.string().nullable(),
  asked_at: z.iso.datetime(),
  /** Null while the agent is at it. */
  ended_at: z.iso.datetime().nullable(),
  text: z.string().nullable(),
  sources: z.array(z.string()),
  /** Why it has ended without an answer. */
  error: z.string().nullable(),
  usd: z.number().nullable(),
});

export function agentQuestionJson(question: AgentQuestion): z.infer<typeof agentQuestionSchema> {
  const { id, incidentId, cluster, by, agent, model, askedAt, endedAt, answer, error, usage } = question;
  return {
    id,
    incident_id: incidentId,
    cluster,
    question: question.text,
    by,
    agent,
    model,
    asked_at: iso(askedAt),
    ended_at: isoOrNull(endedAt),
    text: answer?.text ?? null,
    sources: [...(answer?.sources ?? [])],
    error,
    usd: usage?.usd ?? null,
  };
}
