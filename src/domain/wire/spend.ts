import { z } from 'zod';
import type { DailySpend } from '../agent-limits.ts';

/** An element of `GET /api/spend`: what an agent spent in a cluster on a day of UTC. */
export const dailySpendSchema = z.object({
  day: z.iso.date(),
  cluster: z.string(),
  agent: z.string(),
  /** Times that the agent was started. */
  runs: z.int(),
  /** Answers of models. */
  answers: z.int(),
  /** `input` includes `cached`. */
  tokens: z.object({ input: z.int(), cached: z.int(), output: z.int() }),
  /** US dollars at list prices. */
  usd: z.number(),
  /** Answers of models without a price: what they cost is not in `usd`. */
  unpriced: z.int(),
});

export function dailySpendJson({ day, cluster, agent, runs, answers, tokens, usd, unpriced }: DailySpend) {
  return { day, cluster, agent, runs, answers, tokens, usd, unpriced } satisfies z.infer<typeof dailySpendSchema>;
}
