import { z } from 'zod';
import { categories, mechanisms } from './mechanisms.ts';

/** A first cause as the tool gives it. */
export const issueSchema = z.object({
  severity: z.enum(['critical', 'warning', 'info']).describe('critical: it fails and something waits for it.'),
  mechanism: z.enum(mechanisms),
  category: z.enum(categories),
  resource: z.string().describe('Kind/namespace/name of the first cause; it may not exist.'),
  message: z.string().describe('What is wrong, in one sentence.'),
  field: z.string().optional().describe('Where the wrong value stands.'),
  value: z.string().optional().describe('The wrong value.'),
  since: z.string().optional().describe('ISO 8601 UTC.'),
  evidence: z
    .array(z.object({ object: z.string(), field: z.string(), text: z.string() }))
    .describe('The words of the cause, then of what waits for it.'),
  recommendation: z.string(),
  waiting: z
    .array(z.string())
    .describe(
      'What waits for it, directly or not, the nearest first; not all when there are many. Of a ring its members, too.',
    ),
  waiting_count: z.int(),
  chain: z.array(z.string()).describe('The longest way from what waits to the cause; of a ring the way round.'),
  on_old_revision: z.array(z.string()).optional().describe('What goes on with what a failing source held before.'),
});
export type Issue = z.output<typeof issueSchema>;
