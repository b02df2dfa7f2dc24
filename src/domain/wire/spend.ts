import { z } from 'zod';
import type { DailySpend } from '../agent-limits.ts';

/** An element of `GET /api/spend`: what an agent spent in a cluster on a day of UTC. */
export const dailySpendSchema = z.object({
  day: z.iso.date(),
  cluster: z.string(),
  agent: z.string(),
  /** Times that the agent was started for an investigation. */
  runs: z.int(),
  /** Times that it was started for a question. */
  questions: z.int(),
  /** Answers of models. */
  answers: z.int(),
  /** `input` includes `cached`. */
  tokens: z.object({ input: z.int(), cached: z.int(), output: z.int() }),
  /** US dollars at list prices. */
  usd: z.number(),
  /** Answers of models without a price: what they cost is not in `usd`. */
  unpriced: z.int(),
});

export function dailySpendJson(spend: DailySpend) {
  const { day, cluster, agent, runs, questions, answers, tokens, usd, unpriced } = spend;
  return { day, cluster, agent, runs, questions, answers, tokens, usd, unpriced } satisfies z.infer<
    typeof dailySpendSchema
  >;
}
