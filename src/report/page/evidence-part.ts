import type { EvidenceLine, Excerpt } from '../../domain/verdict/findings.ts';
import { html, type View } from '../../html/html.ts';
import { momentTag } from '../../html/time.ts';
import { oneLine, printable } from '../../lib/text.ts';
import { fileWords } from '../evidence/file-words.ts';

/** Gives the address of a stored file of the report; null for one that has none. */
export type FileLink = (path: string) => string | null;

/** Pieces of evidence, each with object, field and value in words; a line of a log in its place, marked. */
export function evidenceList(lines: readonly EvidenceLine[], link: FileLink): View {
  if (lines.length === 0) return null;
  return html`<ul class="evidence">
    ${lines.map((line) => html`<li>${evidenceItem(line, link)}</li>`)}
  </ul>`;
}

function evidenceItem(line: EvidenceLine, link: FileLink) {
  const { words, quote, excerpt, field, value } = line;
  const lead = html`<p>${oneLine(words, 600)} ${fileAnchor(line.file, link)}</p>`;
  if (excerpt !== null) return html`${lead}${excerptBlock(excerpt)}`;
  if (field === null || value === null) return html`${lead}${field === null && value !== null ? null : quoted(quote)}`;
  return html`${lead}
    <p class="meta"><code>${oneLine(field, 300)}</code></p>`;
}

const quoted = (quote: string): View => html`<p class="meta"><code>${oneLine(quote, 400)}</code></p>`;

/** Lines with their numbers; the one that counts is marked, for eyes and for ears. */
function excerptBlock({ first, lines, at }: Excerpt) {
  const last = String(first + lines.length - 1).length;
  return html`<pre class="log" tabindex="0"><code>${lines.map(({ text, marked }, index) => {
      const number = `${String(first + index).padStart(last)}  `;
      const shown = `${printable(text)}\n`;
      return marked
        ? html`<mark><span class="unseen">this line: </span>${number}${shown}</mark>`
        : html`<span>${number}${shown}</span>`;
    })}</code></pre>
    ${at === null ? null : html`<p class="meta">written ${momentTag(at)}</p>`}`;
}

function fileAnchor(path: string, link: FileLink): View {
  const href = link(path);
  return href === null ? null : html`<a class="source" href=${href} title=${fileWords(path)}>open the file</a>`;
}
