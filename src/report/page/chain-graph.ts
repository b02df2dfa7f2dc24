import { html, type View } from '../../html/html.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { entityWords, type AnswerReport } from '../model/answer-report.ts';

interface ChainNode {
  readonly label: string;
  readonly role: 'cause' | 'between' | 'alerted' | 'affected' | 'more';
  /** Index of the node that it follows from; null for the cause. */
  readonly parent: number | null;
  readonly depth: number;
}

const maxNodes = 12;

/** From the cause to what alerted and what else is affected, at most 12 nodes; empty when there is only one. */
function chainNodes({ cause, object, affected, findings }: AnswerReport): readonly ChainNode[] {
  if (cause === null) return [];
  const between = findings.chain.toReversed().flatMap(({ from, to }) => [entityWords(to), entityWords(from)]);
  const way = [...new Set([cause.object, ...between, object])].slice(0, maxNodes - 2);
  const line = way.map((label, at): ChainNode => {
    const role = at === 0 ? 'cause' : label === object ? 'alerted' : 'between';
    return { label, role, parent: at === 0 ? null : at - 1, depth: Math.min(at, 4) };
  });
  const others = affected.filter((name) => !way.includes(name));
  const room = maxNodes - line.length;
  const shown = others.length > room ? others.slice(0, room - 1) : others;
  const rest = others.length - shown.length;
  const victims = shown.map((label): ChainNode => ({ label, role: 'affected', parent: 0, depth: 1 }));
  const more: ChainNode = { label: `and ${plural(rest, 'more object')}`, role: 'more', parent: 0, depth: 1 };
  const nodes = [...line, ...victims, ...(rest > 0 ? [more] : [])];
  return nodes.length > 1 ? nodes : [];
}

const width = 380;
const rowHeight = 54;
const boxHeight = 42;
const indent = 22;

const roleWords: Readonly<Record<ChainNode['role'], string>> = {
  cause: 'cause',
  between: 'fails because of it',
  alerted: 'alerted',
  affected: 'affected',
  more: 'affected',
};

/** The chain as a picture with the same in words; null when there is nothing to draw. */
export function chainGraph(report: AnswerReport): View {
  const nodes = chainNodes(report);
  if (nodes.length === 0) return null;
  const height = nodes.length * rowHeight - (rowHeight - boxHeight) + 4;
  const text = nodes.map(({ label, role }) => `${roleWords[role]}: ${oneLine(label, 300)}`).join('; ');
  return html`<figure class="chain">
    <svg
      viewBox=${`0 0 ${width} ${height}`}
      width=${width}
      height=${height}
      role="img"
      aria-label=${`From the cause to what it breaks. ${text}`}
    >
      ${nodes.map((node, at) => html`<g class=${node.role}>${edge(node, at)}${box(node, at)}</g>`)}
    </svg>
  </figure>`;
}

function edge({ parent, depth }: ChainNode, at: number): View {
  if (parent === null) return null;
  const left = depth * indent - indent / 2 + 2;
  const y = at * rowHeight + boxHeight / 2 + 2;
  const from = parent * rowHeight + boxHeight + 2;
  const end = depth * indent;
  return html`<path
    d=${`M${left} ${from}V${y}H${end}m-5 -4 5 4-5 4`}
    fill="none"
    stroke="currentColor"
    stroke-width="1.25"
    opacity="0.6"
  />`;
}

/** Characters of the label that fit, at 13 px. */
const perPixel = 1 / 7;

function box({ label, role, depth }: ChainNode, at: number) {
  const left = depth * indent + 2;
  const y = at * rowHeight + 2;
  const room = width - left - 4;
  const name = oneLine(label, 300);
  const shown = oneLine(label, Math.floor((room - 20) * perPixel));
  return html`<rect
      x=${left}
      y=${y}
      width=${room}
      height=${boxHeight}
      rx="6"
      fill="none"
      stroke="currentColor"
      stroke-width=${role === 'cause' ? 2 : 1}
      stroke-dasharray=${role === 'more' ? '4 3' : undefined}
    />
    <text x=${left + 10} y=${y + 15} font-size="11" fill="currentColor" opacity="0.75">${roleWords[role]}</text>
    <text x=${left + 10} y=${y + 32} font-size="13" font-weight=${role === 'cause' ? 600 : 400} fill="currentColor">
      ${shown}${shown === name ? null : html`<title>${name}</title>`}
    </text>`;
}
