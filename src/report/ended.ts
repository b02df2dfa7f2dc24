import type { Incident } from '../domain/records.ts';
import { html, renderPart } from '../html/html.ts';
import { spokenDuration, utcTime } from '../lib/format.ts';
import { oneLine } from '../lib/text.ts';
import { plainText } from './markdown-text.ts';
import { endWords } from './model/status.ts';

type Ended = Pick<Incident, 'openedAt' | 'resolvedAt' | 'statusReason'>;

/** How an incident ended, for a report that was written before. */
function endedWords({ openedAt, resolvedAt, statusReason }: Ended): string {
  const at = resolvedAt ?? openedAt;
  return `Ended ${utcTime(at)}, ${spokenDuration(at - openedAt)} after it was opened. ${endWords(statusReason)}`;
}

/** As a paragraph of a page. */
export function endedHtml(incident: Ended): string {
  return renderPart(html`<p class="ended"><b>${oneLine(endedWords(incident), 600)}</b></p>`);
}

/** As a quotation before the Markdown of a report. */
export function endedMarkdown(incident: Ended): string {
  return `> **${plainText(endedWords(incident))}**`;
}
