import type { Incident } from '../domain/records.ts';
import type { IncidentDetail } from '../domain/state-store.ts';
import { html, renderPart } from '../html/html.ts';
import { spokenDuration, utcTime } from '../lib/format.ts';
import { oneLine } from '../lib/text.ts';
import { plainText } from './markdown-text.ts';
import { endComment, endWords } from './model/status.ts';

export interface Ended {
  readonly incident: Pick<Incident, 'openedAt' | 'resolvedAt' | 'statusReason'>;
  readonly acts?: IncidentDetail['acts'];
}

/** How an incident ended, for a report that was written before. */
function endedWords({ incident, acts }: Ended): string {
  const { openedAt, resolvedAt, statusReason } = incident;
  const at = resolvedAt ?? openedAt;
  const how = endWords(statusReason, endComment(incident, acts));
  return `Ended ${utcTime(at)}, ${spokenDuration(at - openedAt)} after it was opened. ${how}`;
}

/** Who called it over, and what they said, have room. */
const maxWords = 1000;

/** As a paragraph of a page. */
export function endedHtml(ended: Ended): string {
  return renderPart(html`<p class="ended"><b>${oneLine(endedWords(ended), maxWords)}</b></p>`);
}

/** As a quotation before the Markdown of a report. */
export function endedMarkdown(ended: Ended): string {
  return `> **${plainText(endedWords(ended), maxWords)}**`;
}
