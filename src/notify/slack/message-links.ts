import type { Incident } from '../../domain/records.ts';
import { code, link } from './mrkdwn.ts';

/** Where the links of messages go. */
export interface MessageLinks {
  /** `health.public_url`; without it messages carry a path and no buttons. */
  readonly publicUrl: string | null;
}

/** The page of an incident, null without a public address. */
export function incidentUrl(links: MessageLinks, incident: Incident): string | null {
  return links.publicUrl === null ? null : `${withoutSlash(links.publicUrl)}/i/${encodeURIComponent(incident.id)}`;
}

/**
 * The report of an incident as a link: the daemon's own page where it has a public address, because that never ends; null
 * when there is no report or it is a path on the daemon's machine.
 */
export function reportUrl(links: MessageLinks, incident: Incident): string | null {
  if (incident.report === null) return null;
  const page = incidentUrl(links, incident);
  if (page !== null) return `${page}/report`;
  return /^https?:\/\//.test(incident.report) ? incident.report : null;
}

/** Where the whole text is, as mrkdwn: a link, else the path of the report, else the command that shows it. */
export function wholeText(links: MessageLinks, incident: Incident): string {
  const url = reportUrl(links, incident) ?? incidentUrl(links, incident);
  if (url !== null) return link(url, incident.report === null ? 'incident' : 'report');
  if (incident.report !== null) return code(incident.report, 600).text;
  return code(`nightcrier show ${incident.id}`, 100).text;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
