import { createHash } from 'node:crypto';
import { escapeHtml } from '../../lib/escape-html.ts';
import { printable } from '../../lib/text.ts';

export interface IndexEntry {
  /** The path as it was given, to be shown. */
  readonly name: string;
  /** Where the file is: a relative path or a URL. */
  readonly href: string;
  readonly bytes: number;
}

const style = `
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 52rem; padding: 1rem; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; }
li { margin: .3rem 0; }
small { opacity: .7; }
`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** What a person opens first, in this order; the rest follows by name. */
const first = ['investigation.html', 'investigation.md', 'verdict.json', 'incident.json'];

/** `index.html`: links to everything that is stored for an incident; no scripts, nothing from elsewhere. */
export function indexPage(cluster: string, incidentId: string, entries: readonly IndexEntry[]): string {
  const title = escapeHtml(`${cluster} · ${incidentId}`);
  const items = [...entries].sort(byImportance).map(itemHtml).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<ul>
${items}
</ul>
</body>
</html>
`;
}

function byImportance(a: IndexEntry, b: IndexEntry): number {
  return rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1);
}

function rank(name: string): number {
  const index = first.indexOf(name);
  return index === -1 ? first.length : index;
}

function itemHtml({ name, href, bytes }: IndexEntry): string {
  return `<li><a href="${escapeHtml(href)}">${escapeHtml(printable(name))}</a> <small>${sizeText(bytes)}</small></li>`;
}

function sizeText(bytes: number): string {
  return bytes < 10_240 ? `${bytes} B` : `${Math.round(bytes / 1024)} KiB`;
}
