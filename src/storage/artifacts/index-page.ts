import type { ArtifactFile } from '../../domain/ports.ts';
import { fileSize } from '../../lib/format.ts';
import { encodedPath } from '../../lib/http/encoded-path.ts';
import { escapeHtml, htmlPage } from '../../lib/page.ts';
import { safePath } from './safe-path.ts';

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

/** What a person opens first, in this order; the rest follows by name. */
const first = ['investigation.html', 'investigation.md', 'verdict.json', 'incident.json'];
/** What an agent wrote and was refused: nobody should take it for the answer. */
const refused = ['investigation.agent.md', 'verdict.agent.json'];

/** `index.html`: links to everything that is stored for an incident; no scripts, nothing from elsewhere. */
export function indexPage(cluster: string, incidentId: string, entries: readonly IndexEntry[]): string {
  const title = `${cluster} · ${incidentId}`;
  const items = [...entries].sort(byImportance).map(itemHtml).join('\n');
  return htmlPage({ title, style, body: `<h1>${escapeHtml(title)}</h1>\n<ul>\n${items}\n</ul>` });
}

/** The index of these files; `href` says where each is. */
export function indexOf(
  cluster: string,
  incidentId: string,
  files: readonly ArtifactFile[],
  href: (path: string) => string,
): string {
  const entries = files.map(({ path, content }): IndexEntry => {
    return { name: path, href: href(path), bytes: Buffer.byteLength(content) };
  });
  return indexPage(cluster, incidentId, entries);
}

/** Where a stored file is, as seen from the index beside it. */
export function relativeHref(path: string): string {
  return `./${encodedPath(safePath(path))}`;
}

function byImportance(a: IndexEntry, b: IndexEntry): number {
  return rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1);
}

function rank(name: string): number {
  const index = first.indexOf(name);
  return index === -1 ? first.length : index;
}

function itemHtml({ name, href, bytes }: IndexEntry): string {
  const mark = refused.includes(name) ? ' <strong>refused: not the answer</strong>' : '';
  return `<li><a href="${escapeHtml(href)}">${escapeHtml(name)}</a> <small>${fileSize(bytes)}</small>${mark}</li>`;
}
