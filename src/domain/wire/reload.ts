import { z } from 'zod';

const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string(),
  /** The file, null when it is in none; from 1 within it. */
  file: z.string().nullable(),
  line: z.int().nullable(),
  column: z.int().nullable(),
});
const names = z.array(z.string());

/** What `POST /-/reload` answers: 200, or 422 when the configuration cannot be used and nothing was changed. */
export const reloadSchema = z.discriminatedUnion('result', [
  z.object({
    result: z.enum(['reloaded', 'unchanged']),
    clusters: z.object({ added: names, removed: names, reconnected: names, changed: names }),
    /** Keys of the fleet's settings that have another value. */
    settings: names,
    /** Keys that count at the next start. */
    needs_restart: names,
    warnings: z.array(problemSchema),
  }),
  z.object({
    result: z.literal('refused'),
    error: z.object({ code: z.string(), message: z.string(), fix: z.string() }),
    problems: z.array(problemSchema),
  }),
]);
export type ReloadAnswer = z.infer<typeof reloadSchema>;
