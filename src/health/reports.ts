import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../domain/ports.ts';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import { escapeHtml, htmlPage } from '../lib/page.ts';
import { ProblemError } from '../lib/problem.ts';
import { HttpProblem, notFound } from './errors.ts';

/** Reports hold text from clusters and from models: no script, no request to anywhere, a null origin. */
export const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const contentTypes = new Map([
  ['html', 'text/html; charset=utf-8'],
  ['json', 'application/json; charset=utf-8'],
]);

export interface ReportRoutesOptions {
  readonly reader: Pick<StateReader, 'incident'>;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
}

/** The pages that messages link to: `/i/ID`, `/i/ID/report`, and the stored files under `/reports/CLUSTER/ID/`. */
export function reportRoutes(app: FastifyInstance, { reader, artifacts }: ReportRoutesOptions): void {
  const incidentOf = async (id: string): Promise<IncidentDetail> => {
    const detail = await reader.incident(id);
    if (detail === null) throw new HttpProblem(404, notFound, 'there is no such incident');
    return detail;
  };

  const stored = async (cluster: string, id: string, path: string): Promise<Buffer | null> => {
    try {
      return await artifacts.get(cluster, id, path);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, message, fix } = error.toProblem();
      throw new HttpProblem(503, { code, title: message, fix, about: '' }, message);
    }
  };

  app.get<{ Params: { id: string } }>('/i/:id', async (request, reply) => {
    const detail = await incidentOf(request.params.id);
    const index = await stored(detail.incident.cluster, detail.incident.id, 'index.html');
    if (index !== null) return reply.redirect(reportPath(detail, 'index.html'), 302);
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', reportPolicy)
      .send(incidentPage(detail));
  });

  app.get<{ Params: { id: string } }>('/i/:id/report', async (request, reply) => {
    const detail = await incidentOf(request.params.id);
    const { incident } = detail;
    for (const file of ['investigation.html', 'index.html']) {
      if ((await stored(incident.cluster, incident.id, file)) !== null) {
        return reply.redirect(reportPath(detail, file), 302);
      }
    }
    return reply.redirect(`/i/${encodeURIComponent(incident.id)}`, 302);
  });

  app.get<{ Params: { cluster: string; incident: string; '*': string } }>(
    '/reports/:cluster/:incident/*',
    async (request, reply) => {
      const { cluster, incident, '*': path } = request.params;
      const file = path === '' ? 'index.html' : path;
      const content = isSafe(cluster, incident, file) ? await stored(cluster, incident, file) : null;
      if (content === null) throw new HttpProblem(404, notFound, 'there is no such file');
      const type = contentTypes.get(/\.([a-z]+)$/.exec(file)?.[1] ?? '') ?? 'text/plain; charset=utf-8';
      return reply.type(type).header('content-security-policy', reportPolicy).send(content);
    },
  );
}

function reportPath({ incident }: IncidentDetail, file: string): string {
  return `/reports/${encodeURIComponent(incident.cluster)}/${encodeURIComponent(incident.id)}/${file}`;
}

/** Names that the store itself gives, and nothing that climbs. The store checks too. */
function isSafe(cluster: string, incident: string, path: string): boolean {
  if (!/^[A-Za-z0-9_-]{1,63}$/.test(cluster) || !/^[A-Za-z0-9_-]{1,100}$/.test(incident)) return false;
  if (path.length > 1000 || /[\\\u0000-\u001f]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

const pageStyle = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
th { text-align: left; padding-right: 1rem; vertical-align: top; }
`;

/** A plain page of an incident that has no stored report (yet). Every text is escaped; it has no script. */
function incidentPage({ incident, faults }: IncidentDetail): string {
  const rows: [string, string][] = [
    ['Status', incident.statusReason === null ? incident.status : `${incident.status} (${incident.statusReason})`],
    ['Severity', incident.severity],
    ['Cluster', incident.environment === null ? incident.cluster : `${incident.cluster} (${incident.environment})`],
    ['Resource', `${incident.owner.kind} ${incident.owner.namespace ?? ''}/${incident.owner.name}`],
    ['Opened', new Date(incident.openedAt).toISOString()],
    ['Cause', incident.cause ?? 'none yet'],
  ];
  const items = faults.slice(0, 100).map((fault) => `<li>${escapeHtml(`${fault.faultType}: ${fault.context}`)}</li>`);
  const body = `<h1>${escapeHtml(incident.title)}</h1>
<table>
${rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${escapeHtml(value)}</td></tr>`).join('\n')}
</table>
<h2>Faults</h2>
<ul>
${items.join('\n')}
</ul>`;
  return htmlPage({ title: incident.title, style: pageStyle, body });
}
