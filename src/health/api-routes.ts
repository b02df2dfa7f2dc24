import type { FastifyInstance } from 'fastify';
import { incidentDetailJson, listedFaultJson } from '../domain/wire/incident.ts';
import { notFound, unknownCluster } from './errors.ts';
import type { EventStream } from './event-stream.ts';
import { HttpProblem } from './http-problem.ts';
import { faultsQuery, incidentsQuery, triageBody } from './query.ts';
import type { HealthServerOptions } from './health-server-options.ts';

type Options = Pick<HealthServerOptions, 'reader' | 'directory' | 'manualTriage'> & { readonly stream: EventStream };

/** The read API, the event stream and triage by hand (CONTRACT.md section 3). */
export function apiRoutes(app: FastifyInstance, { reader, directory, manualTriage, stream }: Options): void {
  app.get('/api/incidents', async (request) => {
    const { items, next } = await reader.incidents(incidentsQuery(request.query));
    return { incidents: items.map(({ incident, faults, runs }) => incidentDetailJson(incident, faults, runs)), next };
  });

  app.get<{ Params: { id: string } }>('/api/incidents/:id', async (request) => {
    const detail = await reader.incident(request.params.id);
    if (detail === null) throw new HttpProblem(404, notFound, 'there is no such incident');
    return incidentDetailJson(detail.incident, detail.faults, detail.runs);
  });

  app.get('/api/faults', async (request) => {
    const { items, next } = await reader.faults(faultsQuery(request.query));
    return { faults: items.map(listedFaultJson), next };
  });

  app.get('/api/events', { exposeHeadRoute: false }, (_request, reply) => {
    stream.add(reply.raw);
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
}
