import type { IncidentDetail } from '../domain/state-store.ts';
import { escapeHtml, htmlPage } from '../lib/page.ts';

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
th { text-align: left; padding-right: 1rem; vertical-align: top; }
`;

/** A plain page of an incident that has no stored report (yet). Every text is escaped; it has no script. */
export function incidentPage({ incident, faults }: IncidentDetail): string {
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
  return htmlPage({ title: incident.title, style, body });
}
