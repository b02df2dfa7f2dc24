import { html, renderPart, type View } from '../../html/html.ts';
import { encodedPath } from '../../lib/http/encoded-path.ts';
import { htmlPage } from '../../lib/page.ts';
import { oneLine, printable } from '../../lib/text.ts';
import type { IncidentReport } from '../model/incident-report.ts';
import { glancePart } from './glance.ts';
import { incidentSections, sectionList } from './incident-sections.ts';

const style = `
:root { color-scheme: light dark; --text: #1c2128; --back: #ffffff; --soft: #f3f4f6; --line: #d0d7de; --link: #0b5cad;
  --mark: #fff3c4; --quiet: #57606a; --bad: #b3261e; --warn: #845400; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --back: #14171c; --soft: #1f242c; --line: #3a424d; --link: #7ab7ff; --mark: #4a3f14;
    --quiet: #9aa4b0; --bad: #ff8a80; --warn: #e8b44f; }
}
body { margin: 0 auto; max-width: 52rem; padding: 1rem; color: var(--text); background: var(--back);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; margin-top: 2rem; }
h3 { font-size: 1rem; }
p { margin: .35rem 0; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; background: var(--soft); border-radius: 4px; }
code { padding: .1em .3em; }
pre { padding: .75rem; overflow-x: auto; white-space: pre-wrap; }
pre code { padding: 0; }
mark { color: inherit; background: var(--mark); }
blockquote { margin: 1rem 0; padding: .25rem 1rem; border-left: 4px solid var(--line); background: var(--soft); }
table { display: block; overflow-x: auto; border-collapse: collapse; }
thead th { white-space: nowrap; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
header { border-bottom: 1px solid var(--line); padding-bottom: .5rem; }
footer { margin-top: 3rem; font-size: .85rem; border-top: 1px solid var(--line); padding-top: .5rem; }
dt { color: var(--quiet); font-size: .85rem; margin-top: .75rem; }
dd { margin: 0; }
.cause { font-weight: 600; }
.meta, small { color: var(--quiet); font-size: .87rem; }
.chip { border: 1px solid var(--line); border-radius: 99px; padding: 0 .5rem; font-size: .82rem; }
.critical { color: var(--bad); }
.warning { color: var(--warn); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.moments { list-style: none; padding: 0; }
svg { max-width: 100%; height: auto; }
figure { margin: 0; }
`;

/**
 * `investigation.html`: a page of its own without scripts, images and foreign links, readable on a phone, light and dark.
 * `ownHtml`: the report of an agent in its own words, below; HTML that was made safe before.
 */
export function reportDocument(report: IncidentReport, ownHtml: string | null): string {
  const title = `${report.incident.title} · ${report.incident.cluster}`;
  const own = ownHtml === null ? '' : `<section id="own"><h2>In the words of the agent</h2>\n${ownHtml}</section>\n`;
  const body = `${renderPart(headPart(report))}
<main>
${renderPart(mainPart(report))}
${own}</main>
<footer><a href="index.html">All files of this incident</a></footer>`;
  return htmlPage({ title: oneLine(title, 300), style, body });
}

function headPart({ incident, what, object, cluster, status }: IncidentReport) {
  return html`<header>
    <p><b class=${incident.severity}>${incident.severity}</b> · ${oneLine(what, 200)} · ${status.word}</p>
    <h1>${oneLine(object, 300)}</h1>
    <p>in cluster <b>${oneLine(cluster, 200)}</b></p>
    <p class="meta">Incident <code>${incident.id}</code></p>
  </header>`;
}

function mainPart(report: IncidentReport): View {
  const stored = new Set(report.files.map(({ path }) => path));
  const options = {
    // Relative: the files lie beside the page.
    file: (path: string) => (stored.has(path) ? encodedPath(path) : null),
    // The page is read where no daemon answers.
    incident: () => null,
    command: (command: string) => html`<pre><code>${printable(command)}</code></pre>`,
  };
  return html`${glancePart(report, { command: options.command, takeIt: null })}${sectionList(incidentSections(report, options))}`;
}
