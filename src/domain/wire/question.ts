import { z } from 'zod';
import type { QuestionAnswer } from '../question.ts';

/** What `POST /api/incidents/ID/ask` answers. */
export const questionAnswerSchema = z.object({
  incident_id: z.string(),
  /** One or more lines: those that begin with `> ` quote the cluster, with `$ ` are commands. */
  text: z.string(),
  /** Evidence files and parts that it was answered from. */
  sources: z.array(z.string()),
  by: z.string(),
});
export type QuestionAnswerJson = z.infer<typeof questionAnswerSchema>;

export function questionAnswerJson(incidentId: string, { text, sources, by }: QuestionAnswer): QuestionAnswerJson {
  return { incident_id: incidentId, text, sources: [...sources], by };
}
