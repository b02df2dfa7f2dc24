import { z } from 'zod';
import { oneLine } from '../lib/text.ts';
import { badRequest, HttpProblem } from './errors.ts';

/** Who asks for a change, as they call themselves: nobody checks it. */
export const person = z
  .string()
  .max(100)
  .transform((text) => oneLine(text, 100))
  .pipe(z.string().min(1))
  .default('somebody');

/** What a request says, in the form of a schema; `allowed` says in words what that is. @throws HttpProblem 400 */
export function parse<T extends z.ZodType>(schema: T, value: unknown, allowed: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.map((key) => key.slice(0, 100)).join(', ') : null;
  const what = keys === null ? `${where === '' ? 'the request' : where} is not allowed` : `unknown: ${keys}`;
  throw new HttpProblem(400, badRequest, what, { allowed });
}
