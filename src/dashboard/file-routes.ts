import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PageGate } from '../domain/people/viewer.ts';
import type { IncidentDetail } from '../domain/state-store.ts';
import { isStoredPath, storedFileHeaders } from '../lib/http/stored-file.ts';
import { ProblemError } from '../lib/problem.ts';
import type { DashboardOptions } from './frame/options.ts';
import { incidentPath } from './parts/incident-row.ts';
import type { Refusal, Renderer } from './renderer.ts';
import { send } from './sign-in-routes.ts';

interface FileRoutesOptions {
  readonly options: Pick<DashboardOptions, 'reader' | 'artifacts'>;
  readonly gate: PageGate;
  readonly renderer: Pick<Renderer, 'refusal'>;
  /** What is said of an address behind which nothing is. */
  readonly nothingThere: Refusal;
}

/** The stored files of an incident under `/i/ID/files/`, and `/i/ID/report`, which leads to its report. */
export function fileRoutes(scope: FastifyInstance, { options, gate, renderer, nothingThere }: FileRoutesOptions): void {
  const { reader, artifacts } = options;
  const refuse = async (request: FastifyRequest, reply: FastifyReply, refusal: Refusal): Promise<FastifyReply> =>
    send(reply, refusal.status, await renderer.refusal(request, gate, refusal));

  scope.get<{ Params: { id: string } }>('/i/:id/report', async (request, reply) => {
    const detail = await reader.incident(request.params.id);
    if (detail === null) return refuse(request, reply, nothingThere);
    const { id, cluster } = detail.incident;
    const page = incidentPath(id);
    // What cannot be asked for is said by the page that it leads to.
    const stored = await artifacts.get(cluster, id, 'investigation.html').catch(() => null);
    return reply.redirect(stored === null ? page : `${page}/files/investigation.html`, 302);
  });

  scope.get<{ Params: { id: string; '*': string } }>('/i/:id/files/*', async (request, reply) => {
    const { id, '*': path } = request.params;
    const detail = isStoredPath(path) ? await reader.incident(id) : null;
    if (detail === null) return refuse(request, reply, nothingThere);
    const { incident } = detail;
    try {
      const content = await artifacts.get(incident.cluster, incident.id, path);
      if (content === null) return await refuse(request, reply, nothingThere);
      return await reply.headers(storedFileHeaders(path)).send(await withEnd(path, content, detail));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return refuse(request, reply, { status: 503, problem: error.toProblem() });
    }
  });
}

/** A report is of its time: how its incident ended since stands above it. */
async function withEnd(path: string, content: Buffer, detail: IncidentDetail): Promise<Buffer | string> {
  if (detail.incident.resolvedAt === null) return content;
  if (path !== 'investigation.html' && path !== 'investigation.md') return content;
  const { endedHtml, endedMarkdown } = await import('../report/ended.ts');
  const text = content.toString('utf8');
  if (path === 'investigation.md') return `${endedMarkdown(detail)}\n\n${text}`;
  return text.replace('<main>', () => `<main>\n${endedHtml(detail)}`);
}
