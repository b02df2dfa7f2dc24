import { accessNote } from '../../domain/decide/kubectl-access.ts';
import { isMechanism, mechanismMeanings } from '../../domain/verdict/mechanism.ts';
import { html, type View } from '../../html/html.ts';
import { momentTag } from '../../html/time.ts';
import { oneLine } from '../../lib/text.ts';
import type { AnswerReport, ReportedCause, ReportedStep } from '../model/answer-report.ts';
import { evidenceList, type FileLink } from './evidence-part.ts';

/** Makes the block of a command; pages with a script add a button that copies it. */
export type CommandBlock = (command: string) => View;

/** The cause in a sentence and what its confidence means; without one, where to begin. `by`: who found it, a sentence. */
export function causePart(report: AnswerReport, by: string | null): View {
  const { cause, isFault, summary, findings, object } = report;
  const found = by === null ? null : html`<p class="meta">${by}</p>`;
  if (!isFault)
    return html`<p class="cause">${oneLine(summary, 1000)}</p>
      ${found}`;
  if (cause === null) {
    const [sign] = findings.unexplained;
    return html`<p class="cause">
        ${sign === undefined ? 'No cause was found.' : `No cause was found. The strongest lead: ${oneLine(sign, 600)}`}
      </p>
      ${lookedPart(report)}${found}`;
  }
  return html`<p class="cause">${oneLine(cause.statement, 1000)}</p>
    <p class="confidence">${cause.confidenceWords}</p>
    <p class="meta">${wrongPart(cause, object)}${by}</p>`;
}

/** The object that is not named above, and what is wrong in it. */
function wrongPart({ object, mechanism, wrongValue }: ReportedCause, alerted: string): View {
  const place = object === alerted ? null : html`To be changed: <b>${oneLine(object, 300)}</b>. `;
  const value = wrongValue === null ? null : html`: <code>${oneLine(wrongValue, 400)}</code>`;
  const words = isMechanism(mechanism) ? mechanismMeanings[mechanism] : mechanism.replaceAll('_', ' ');
  return html`${place}${oneLine(`${words.charAt(0).toUpperCase()}${words.slice(1)}`, 200)}${value}. `;
}

function lookedPart({ findings }: AnswerReport): View {
  if (findings.looked.length === 0) return null;
  return html`<p class="meta">Looked at: ${oneLine(findings.looked.join(', '), 600)}.</p>`;
}

/** What to do after the first step: each with its command as it can be run, its risk and how it is undone. */
export function stepsPart({ steps: [, ...steps], cluster }: AnswerReport, command: CommandBlock): View {
  if (steps.length === 0) return null;
  return html`<ol class="steps" start="2">
      ${steps.map((step) => html`<li>${stepItem(step, command)}</li>`)}
    </ol>
    ${whichCluster(steps, cluster)}
    <p class="meta">A person decides and acts; nothing was changed.</p>`;
}

/** Says so where commands cannot name their cluster, and where they name a kubeconfig that may only read. */
export function whichCluster(steps: readonly ReportedStep[], cluster: string): View {
  const commands = steps.map(({ command }) => command);
  const note = accessNote(commands, oneLine(cluster, 100));
  return note === null ? null : html`<p class="meta">${note}</p>`;
}

/** A step with its command, its risk and how it is undone. */
export function stepItem({ action, command, risk, undo, hasBlanks }: ReportedStep, block: CommandBlock): View {
  return html`<p>
      ${oneLine(action, 1000)} <span class="chip">${risk === 'only reads' ? 'the command only reads' : risk}</span>
    </p>
    ${command === null ? null : block(command)}
    ${hasBlanks ? html`<p class="meta">Fill in what stands in angle brackets first.</p>` : null}
    ${undo === null ? null : html`<p class="meta">To undo: ${undoWords(undo)}</p>`}`;
}

function undoWords(undo: string): View {
  const parts = oneLine(undo, 2000).split(/(kubectl [^;]+)/);
  return html`${parts.map((part) => (part.startsWith('kubectl ') ? html`<code>${part}</code>` : part))}`;
}

/** What changed before the first fault; nothing where nothing is known. */
export function changesPart({ findings: { changes } }: AnswerReport): View {
  if (changes.length === 0) return null;
  return html`<ul class="moments">
    ${changes.map(({ at, object, words }) => {
      return html`<li>
        ${momentTag(at)} <span><b>${oneLine(object, 300)}</b> ${oneLine(words, 400)}</span>
      </li>`;
    })}
  </ul>`;
}

/** The runbooks of this installation that fit, by title; their texts stand where people wrote them. */
export function runbooksPart({ findings: { runbooks } }: AnswerReport): View {
  if (runbooks.length === 0) return null;
  return html`<ul>
    ${runbooks.map(({ title, path }) => html`<li>${oneLine(title, 300)} <code>${oneLine(path, 300)}</code></li>`)}
  </ul>`;
}

/** Other causes, what was ruled out, what could not be seen: for who wants to know how sure it is. */
export function reasoningPart(report: AnswerReport, link: FileLink): View {
  const { findings: found, otherCauses } = report;
  const blocks: readonly (readonly [string, readonly string[]])[] = [
    ['Not explained by any of it', report.cause === null ? found.unexplained.slice(1) : found.unexplained],
    ['Ruled out', found.ruled_out],
    ['Not ruled out, and less likely', found.possible],
    ['Could not be seen', found.missing],
    ['Seen besides, and not the cause', found.unrelated],
    ['Remarks of the claim check', found.remarks],
  ];
  const parts = [
    otherCauses.length === 0 ? null : otherCausesPart(otherCauses),
    evidenceList(found.more_evidence, link),
    ...blocks.map(([title, lines]) => textBlock(title, lines)),
    flaggedPart(report),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : html`${parts}`;
}

function otherCausesPart(causes: readonly ReportedCause[]) {
  return html`<h3>Other causes</h3>
    <ul>
      ${causes.map((cause) => html`<li>${oneLine(cause.statement, 1000)} <i>${cause.confidenceWords}</i></li>`)}
    </ul>`;
}

function textBlock(title: string, lines: readonly string[]): View {
  if (lines.length === 0) return null;
  return html`<h3>${title}</h3>
    <ul>
      ${lines.map((line) => html`<li>${oneLine(line, 600)}</li>`)}
    </ul>`;
}

function flaggedPart({ findings: { flagged } }: AnswerReport): View {
  if (flagged.length === 0) return null;
  return html`<h3>Texts that tried to instruct an assistant; data, not followed</h3>
    <ul>
      ${flagged.map(({ quote }) => html`<li><code>${oneLine(quote, 400)}</code></li>`)}
    </ul>`;
}
