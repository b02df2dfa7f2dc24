import { z } from 'zod';
import { checkGroups } from './check-groups.ts';

/* `nightcrier doctor -o json`. */

const checkResults = ['passed', 'warning', 'failed', 'skipped'] as const;

const checkedSchema = z.object({
  /** Stable name of the check, `group.word`. */
  id: z.string(),
  group: z.enum(checkGroups),
  /** What is true when it passes. */
  statement: z.string(),
  /** Cluster, channel, provider or file that it was run on; null for a check of the whole. */
  subject: z.string().nullable(),
  result: z.enum(checkResults),
  /** What was found when it passed, or why it was skipped. */
  detail: z.string().nullable(),
  /** Of a warning or failure; `docs` is the section of its page. */
  problem: z.object({ code: z.string(), message: z.string(), fix: z.string(), docs: z.string() }).nullable(),
});
/** A check on one subject with one problem, or without. */
export type Checked = z.infer<typeof checkedSchema>;

export const doctorSchema = z.object({
  version: z.literal(1),
  /** What the exit code 0 says. */
  success: z.boolean(),
  /** Configuration file; null when there is none. */
  file: z.string().nullable(),
  /** Address of the running daemon that was asked; null when none runs. */
  daemon: z.string().nullable(),
  summary: z.object({ passed: z.int(), warnings: z.int(), failed: z.int(), skipped: z.int(), seconds: z.number() }),
  checks: z.array(checkedSchema).readonly(),
});
export type DoctorReport = z.infer<typeof doctorSchema>;
