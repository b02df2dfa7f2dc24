import { z } from 'zod';
import { outcomes } from '../domain/fault.ts';
import { incidentStatuses } from '../domain/records.ts';
import { badRequest } from './errors.ts';
import { HttpProblem } from './http-problem.ts';

const limit = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(1000))
  .default(100);
const cluster = z.string().min(1).max(63).optional();
const before = z.string().min(1).max(100).optional();

const incidentsSchema = z.strictObject({ cluster, status: z.enum(incidentStatuses).optional(), limit, before });
const faultsSchema = z.strictObject({ cluster, outcome: z.enum(outcomes).optional(), limit, before });
const triageSchema = z.strictObject({
  cluster: z.string().min(1).max(63),
  kind: z.string().min(1).max(63),
  namespace: z.string().max(253).nullish(),
  name: z.string().min(1).max(253),
});

const listing = 'cluster, limit (1 to 1000), before (the `next` of the page before)';

/** The query of `GET /api/incidents`. @throws HttpProblem 400 */
export function incidentsQuery(query: unknown): z.infer<typeof incidentsSchema> {
  return parse(incidentsSchema, query, `${listing}, status (${incidentStatuses.join(', ')})`);
}

/** The query of `GET /api/faults`. @throws HttpProblem 400 */
export function faultsQuery(query: unknown): z.infer<typeof faultsSchema> {
  return parse(faultsSchema, query, `${listing}, outcome (${outcomes.join(', ')})`);
}

/** The body of `POST /api/triage`. @throws HttpProblem 400 */
export function triageBody(body: unknown): z.infer<typeof triageSchema> {
  return parse(triageSchema, body, 'a JSON object {cluster, kind, namespace (null for cluster-scoped objects), name}');
}

function parse<T extends z.ZodType>(schema: T, value: unknown, allowed: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.map((key) => key.slice(0, 100)).join(', ') : null;
  const what = keys === null ? `${where === '' ? 'the request' : where} is not allowed` : `unknown: ${keys}`;
  throw new HttpProblem(400, badRequest, what, { allowed });
}
