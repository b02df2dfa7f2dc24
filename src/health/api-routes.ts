import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { dayOf } from '../domain/decide/budget.ts';
import { dailySpendJson } from '../domain/wire/spend.ts';
import { incidentDetailJson, listedFaultJson } from '../domain/wire/incident.ts';
import { outcomes } from '../domain/fault.ts';
import type { Asked } from '../domain/people/viewer.ts';
import { incidentStatuses } from '../domain/records.ts';
import { HttpProblem, notFound, unknownCluster } from './errors.ts';
import type { EventStream } from './event-stream.ts';
import type { HealthServerOptions } from './health-server-options.ts';
import { before, cluster, limit, parse } from './requests.ts';

type Options = Pick<HealthServerOptions, 'reader' | 'directory' | 'manualTriage' | 'reload' | 'clock'> & {
  readonly stream: EventStream;
  /** Whether who asks may see anything, now. */
  readonly mayRead: (asked: Asked) => Promise<boolean>;
};

/** The read API, the event stream and triage by hand (docs/formats.md, HTTP). */
export function apiRoutes(app: FastifyInstance, options: Options): void {
  const { reader, directory, manualTriage, reload, clock, stream, mayRead } = options;
  app.get('/api/incidents', async (request) => {
    const { items, next } = await reader.incidents(incidentsQuery(request.query));
    const incidents = items.map(incidentDetailJson);
    return { incidents, next };
  });

  app.get<{ Params: { id: string } }>('/api/incidents/:id', async (request) => {
    const detail = await reader.incident(request.params.id);
    if (detail === null) throw new HttpProblem(404, notFound, 'there is no such incident');
    return incidentDetailJson(detail);
  });

  app.get('/api/faults', async (request) => {
    const { items, next } = await reader.faults(faultsQuery(request.query));
    return { faults: items.map(listedFaultJson), next };
  });

  app.get('/api/spend', async (request) => {
    const { days, cluster } = spendQuery(request.query);
    const since = dayOf(clock.now()).start - (days - 1) * 86_400_000;
    const rows = await reader.spend(cluster === undefined ? { since } : { since, cluster });
    return { spend: rows.map(dailySpendJson) };
  });

  app.get('/api/events', { exposeHeadRoute: false }, (request, reply) => {
    stream.add(reply.raw, () => mayRead(request));
    reply.hijack();
  });

  app.post('/api/triage', async (request, reply) => {
    const { cluster, kind, namespace, name } = triageBody(request.body);
    const known = directory.statuses().map((status) => status.cluster);
    if (!known.includes(cluster)) {
      const clusters = known.slice(0, 20).join(', ');
      throw new HttpProblem(404, unknownCluster, 'the cluster is not configured', { clusters });
    }
    const scope = namespace === undefined || namespace === '' ? null : namespace;
    reply.code(202);
    return manualTriage(cluster, kind, scope, name);
  });

  app.post('/-/reload', async (_request, reply) => {
    const answer = await reload();
    if (answer.result === 'refused') reply.code(422);
    return answer;
  });
}

const incidentsSchema = z.strictObject({ cluster, status: z.enum(incidentStatuses).optional(), limit, before });
const faultsSchema = z.strictObject({ cluster, outcome: z.enum(outcomes).optional(), limit, before });
const spendSchema = z.strictObject({
  cluster,
  days: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(366))
    .default(7),
});
const triageSchema = z.strictObject({
  cluster: z.string().min(1).max(63),
  kind: z.string().min(1).max(63),
  namespace: z.string().max(253).nullish(),
  name: z.string().min(1).max(253),
});

const listing = 'cluster, limit (1 to 1000), before (the `next` of the page before)';

/** The query of `GET /api/incidents`. @throws HttpProblem 400 */
function incidentsQuery(query: unknown): z.infer<typeof incidentsSchema> {
  return parse(incidentsSchema, query, `${listing}, status (${incidentStatuses.join(', ')})`);
}

/** The query of `GET /api/faults`. @throws HttpProblem 400 */
function faultsQuery(query: unknown): z.infer<typeof faultsSchema> {
  return parse(faultsSchema, query, `${listing}, outcome (${outcomes.join(', ')})`);
}

/** The query of `GET /api/spend`. @throws HttpProblem 400 */
function spendQuery(query: unknown): z.infer<typeof spendSchema> {
  return parse(spendSchema, query, 'cluster, days (1 to 366, today is the first)');
}

/** The body of `POST /api/triage`. @throws HttpProblem 400 */
function triageBody(body: unknown): z.infer<typeof triageSchema> {
  return parse(triageSchema, body, 'a JSON object {cluster, kind, namespace (null for cluster-scoped objects), name}');
}
