import type { Incident } from '../../domain/records.ts';
import { pageUrl, reportLink, wholePlace } from '../links.ts';
import { code, link } from './mrkdwn.ts';

/** Where the links of messages go. */
export interface MessageLinks {
  /** `health.public_url`; without it messages carry a path and no buttons. */
  readonly publicUrl: string | null;
}

/** Where the whole text is, as mrkdwn: a link, else the path of the report, else the command that shows it. */
export function wholeText({ publicUrl }: MessageLinks, incident: Incident): string {
  const url = reportLink(publicUrl, incident) ?? pageUrl(publicUrl, incident);
  if (url !== null) return link(url, incident.report === null ? 'incident' : 'report');
  return code(wholePlace(incident), 600).text;
}
