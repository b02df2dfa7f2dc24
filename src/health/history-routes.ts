import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ClusterDirectory } from '../domain/cluster-status.ts';
import { notToldOutcomes } from '../domain/fault.ts';
import { feedbackRatings, type FeedbackStore } from '../domain/history.ts';
import type { StateReader } from '../domain/state-store.ts';
import { connectionSpanJson } from '../domain/wire/cluster.ts';
import { feedbackJson, foundJson } from '../domain/wire/feedback.ts';
import { listedFaultJson } from '../domain/wire/incident.ts';
import type { Clock } from '../lib/clock.ts';
import { oneLine } from '../lib/text.ts';
import { HttpProblem, notFound } from './errors.ts';
import { before, cluster, limit, parse, person } from './requests.ts';

interface HistoryRoutesOptions {
  readonly orders: FeedbackStore;
  readonly reader: Pick<StateReader, 'search' | 'feedback' | 'notTold' | 'connectionSpans'>;
  readonly directory: ClusterDirectory;
  readonly clock: Pick<Clock, 'now'>;
}

const givenSchema = z.strictObject({
  rating: z.enum(feedbackRatings),
  author: person,
  comment: z.string().max(2000).default(''),
});
const listSchema = z.strictObject({ limit, before });
const notToldKinds = [...notToldOutcomes, 'pending'] as const;
const notToldSchema = z.strictObject({
  cluster,
  outcome: z.enum(notToldKinds).optional(),
  limit,
  before,
});
const searchSchema = z.strictObject({ q: z.string().min(1).max(500), limit, before });

const listing = 'limit (1 to 1000), before (the `next` of the page before)';

/** What people say of answers, of what nobody was told, and the search over everything that is kept (docs/formats.md, HTTP). */
export function historyRoutes(app: FastifyInstance, { orders, reader, directory, clock }: HistoryRoutesOptions): void {
  app.post<{ Params: { id: string } }>('/api/incidents/:id/feedback', async (request, reply) => {
    const allowed = `a JSON object {rating: ${feedbackRatings.join(' or ')}, author?, comment?}`;
    const { rating, author, comment } = parse(givenSchema, request.body, allowed);
    const given = { rating, by: author, comment: oneLine(comment, 2000) };
    const kept = await orders.giveFeedback(request.params.id, given, clock.now());
    if (kept === null) throw new HttpProblem(404, notFound, 'there is no such incident');
    reply.code(201);
    return feedbackJson(kept);
  });

  app.get('/api/feedback', async (request) => {
    const query = parse(listSchema, request.query, listing);
    const { items, next } = await reader.feedback(query);
    return { feedback: items.map(feedbackJson), next };
  });

  app.get('/api/not-told', async (request) => {
    const query = parse(notToldSchema, request.query, `cluster, ${listing}, outcome (${notToldKinds.join(', ')})`);
    const { items, next } = await reader.notTold(query);
    return { faults: items.map(listedFaultJson), next };
  });

  app.get<{ Params: { cluster: string } }>('/api/clusters/:cluster/connection', async ({ params }) => {
    const spans = await reader.connectionSpans(params.cluster);
    const isKnown = directory.statuses().some(({ cluster: name }) => name === params.cluster);
    if (spans.length === 0 && !isKnown) throw new HttpProblem(404, notFound, 'there is no such cluster');
    return { spans: spans.map(connectionSpanJson) };
  });

  app.get('/api/search', async (request) => {
    const { q, ...page } = parse(searchSchema, request.query, `q (words, 500 characters), ${listing}`);
    const { items, next } = await reader.search({ text: q, ...page });
    return { found: items.map(foundJson), next };
  });
}
