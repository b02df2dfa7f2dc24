import type { Incident } from '../domain/records.ts';

/** The page of an incident, null without a public address. */
export function pageUrl(publicUrl: string | null, incident: Incident): string | null {
  return publicUrl === null ? null : `${publicUrl.replace(/\/+$/, '')}/i/${encodeURIComponent(incident.id)}`;
}

/**
 * The report of an incident as a link: the daemon's own page where it has a public address, because that never ends; null
 * when there is no report or it is a path on the daemon's machine.
 */
export function reportLink(publicUrl: string | null, incident: Incident): string | null {
  if (incident.report === null) return null;
  const page = pageUrl(publicUrl, incident);
  if (page !== null) return `${page}/report`;
  return /^https?:\/\//.test(incident.report) ? incident.report : null;
}

/** What shows the whole of an incident where messages have no link: the path of the report, else a command. */
export function wholePlace(incident: Incident): string {
  return incident.report ?? `nightcrier show ${incident.id}`;
}
