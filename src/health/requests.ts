import { z } from 'zod';
import { oneLine } from '../lib/text.ts';
import { badRequest, HttpProblem } from './errors.ts';

/** Who asks and does not say who. */
export const nobody = 'somebody';

/** Who asks for a change, as they call themselves: nobody checks it. */
export const person = z
  .string()
  .max(100)
  .transform((text) => oneLine(text, 100))
  .pipe(z.string().min(1))
  .default(nobody);

/** How many rows a list has at most: 1 to 1000, 100 when nothing is said. */
export const limit = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(1000))
  .default(100);

/** The cluster that a list is about; all when nothing is said. */
export const cluster = z.string().min(1).max(63).optional();

/** Where a list goes on: the `next` of the page before. */
export const before = z.string().min(1).max(100).optional();

/** What a request says, in the form of a schema; `allowed` says in words what that is. @throws HttpProblem 400 */
export function parse<T extends z.ZodType>(schema: T, value: unknown, allowed: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new HttpProblem(400, badRequest, issue === undefined ? 'the request is not allowed' : wrongOf(issue), {
    allowed,
  });
}

/** What is wrong with one value, for who sent it. */
function wrongOf(issue: z.core.$ZodIssue): string {
  const where = issue.path.length === 0 ? 'the request' : issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return `unknown: ${issue.keys.map((key) => key.slice(0, 100)).join(', ')}`;
  if (issue.code === 'too_big') {
    return `${where} is too ${issue.origin === 'string' ? 'long' : 'large'}: ${issue.maximum} at most`;
  }
  if (issue.code === 'too_small') {
    return hasParts.has(issue.origin) ? `${where} is empty` : `${where} is too small: ${issue.minimum} at least`;
  }
  return `${where} is not allowed`;
}

const hasParts: ReadonlySet<string> = new Set(['string', 'array']);
