import { answerCost } from '../../report/answer-lines.ts';
import type { QuestionAnswer } from '../../domain/question.ts';
import { html, type View } from '../../html/html.ts';
import { encodedPath } from '../../lib/http/encoded-path.ts';
import { oneLine, printable } from '../../lib/text.ts';
import { commandBlock } from './command.ts';
import { incidentPath } from './incident-row.ts';

/** An answer to a question about an incident, with who gave it and from what. */
export function answerBody({ text, sources, by, took, note }: QuestionAnswer, incidentId: string): View {
  const who = `Answered by ${oneLine(by, 100)}${took === undefined ? '' : ` ${oneLine(answerCost(took), 200)}`}`;
  return html`${blocksOf(text).map(blockPart)}
    <p class="meta">
      <span>${`${who}${sources.length === 0 ? '' : ' from '}`}</span>
      ${sources.map((one) => sourcePart(one, incidentId))}
    </p>
    ${note === undefined ? null : html`<p class="meta">${oneLine(note, 500)}</p>`}`;
}

interface Block {
  readonly kind: 'quote' | 'command' | 'words';
  readonly lines: readonly string[];
}

/** Lines of a quote that follow each other are one; each command and each sentence stands alone. */
function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const kind = line.startsWith('> ') ? 'quote' : line.startsWith('$ ') ? 'command' : 'words';
    const last = blocks.at(-1);
    const shown = kind === 'words' ? line : line.slice(2);
    if (kind === 'quote' && last?.kind === 'quote') blocks[blocks.length - 1] = { kind, lines: [...last.lines, shown] };
    else blocks.push({ kind, lines: [shown] });
  }
  return blocks;
}

function blockPart({ kind, lines }: Block): View {
  const text = printable(lines.join('\n'));
  if (kind === 'command') return commandBlock(text);
  return kind === 'quote' ? html`<pre class="log" tabindex="0">${text}</pre>` : html`<p>${text}</p>`;
}

/** Stored files are linked, parts of the state are named. */
function sourcePart(source: string, id: string): View {
  const name = oneLine(source, 300);
  if (!/^(?:evidence\/|verdict\.json$|investigation\.md$)/.test(source)) return html`<span>${name}</span> `;
  return html`<a href=${`${incidentPath(id)}/files/${encodedPath(source)}`}>${name}</a> `;
}
