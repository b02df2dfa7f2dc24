import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { IncidentOrder, OrderStore } from '../domain/incident.ts';
import type { StateReader } from '../domain/state-store.ts';
import { incidentDetailJson } from '../domain/wire/incident.ts';
import type { Clock } from '../lib/clock.ts';
import { oneLine } from '../lib/text.ts';
import { HttpProblem, incidentEnded, notFound } from './errors.ts';
import { parse, person } from './requests.ts';

export interface OrderRoutesOptions {
  readonly orders: OrderStore;
  readonly reader: Pick<StateReader, 'incident'>;
  readonly clock: Pick<Clock, 'now'>;
}

const orderSchema = z.strictObject({ author: person, comment: z.string().max(500).default('') }).prefault({});

/** `POST /api/incidents/ID/ack`, `/resolve` and `/rerun` (docs/formats.md, HTTP). */
export function orderRoutes(app: FastifyInstance, { orders, reader, clock }: OrderRoutesOptions): void {
  const route = (kind: IncidentOrder['kind']): void => {
    app.post<{ Params: { id: string } }>(`/api/incidents/:id/${kind}`, async (request) => {
      const { id } = request.params;
      const body = parse(orderSchema, request.body ?? {}, 'a JSON object {author?, comment?}');
      const order = { kind, by: body.author, comment: oneLine(body.comment, 500) };
      const answer = await orders.orderIncident(id, order, clock.now());
      if (answer.kind === 'unknown') throw new HttpProblem(404, notFound, 'there is no such incident');
      const { status } = answer.incident;
      if (answer.kind === 'ended') throw new HttpProblem(409, incidentEnded, `the incident has ended: it is ${status}`);
      const detail = await reader.incident(id);
      if (detail === null) throw new HttpProblem(404, notFound, 'there is no such incident');
      return incidentDetailJson(detail);
    });
  };
  for (const kind of ['ack', 'resolve', 'rerun'] as const) route(kind);
}
