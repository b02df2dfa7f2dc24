import MarkdownIt from 'markdown-it';
import type { IncidentReport } from '../../report/model/incident-report.ts';
import { reportDocument } from '../../report/page/document.ts';

/** Only files of the same report and places in it: a link that a cluster's text brings in leads nowhere else. */
const ownLink = /^(#|(\.\/)?(evidence|logs)\/|(\.\/)?[\w.-]+\.(json|md|html)$)/;

/** Rendering is work of the main loop: an agent's longer report is cut here (characters), never in its markdown. */
const maxMarkdown = 128 * 1024;
const cutNote =
  '<p><strong>Cut here.</strong> The whole report is in <a href="investigation.md">investigation.md</a>.</p>';

/** `investigation.html`. `ownText`: the report of an agent in its own words; HTML in its markdown is shown as text. */
export function reportHtml(report: IncidentReport, ownText: string | null): string {
  return reportDocument(report, ownText === null ? null : render(ownText));
}

function render(text: string): string {
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
  markdown.disable(['image']);
  markdown.validateLink = (url) => ownLink.test(url) && !url.includes('..');
  if (text.length <= maxMarkdown) return markdown.render(text);
  return markdown.render(text.slice(0, maxMarkdown)) + cutNote;
}
