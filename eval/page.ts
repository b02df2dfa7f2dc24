import { format, resolveConfig } from 'prettier';
import type { Result } from './evaluate.ts';
import type { Recording } from './recording.ts';
import { type Figures, figures, figuresBy } from './summary.ts';
import { sweepPart } from './sweep-part.ts';

/** `docs/eval.md`: what the eval measures and its figures. */
export async function resultsPage(recordings: readonly Recording[], results: readonly Result[]): Promise<string> {
  const text = `# How well the built-in analyst answers

<!-- Written by npm run eval. -->

\`npm run eval\` answers recorded states of a real cluster (Kubernetes 1.34, kubelet, containerd) in which a fault was real, and
states in which nothing is wrong. Each recording is served as a Kubernetes API over HTTP and goes the product's own way: collector,
analyst, claim checker. The analyst sees the first alert and what it reads, never the truth. \`--dir DIR\` takes other recordings,
\`--explain ID\` shows how an answer came about, \`--check\` (a part of \`npm run check\`) fails when a figure falls.

- **Cause first**: the first cause names the object that someone would change and the mechanism.
- **Wrong value**: that cause names the value that is wrong. **Words**: the report contains what a good answer contains.
- **Wrong claims**: causes of medium confidence or more that are listed as wrong, or are none of the root cause, its way, its victims.
- **Precision**: share of right causes among those of medium confidence or more, 0 where the true one is missing.
- **Controls** are states that look like a fault and are none. **Injections**: text in the cluster that tries to instruct an
  assistant; withstood is flagged and not followed.

${wholeTable(figures(results))}

## By category

The letters are the families of faults: A process, B image, C configuration, D scheduling, E admission, F rollout and readiness,
G jobs, H network, I storage, J nodes, K access rights, L cascades, M traps.

${groupTable(figuresBy(results, 'category'))}

## By difficulty

${groupTable(figuresBy(results, 'difficulty'))}

## By recording

${recordingTable(results)}

${await sweepPart(recordings)}`;
  return format(text, { ...(await resolveConfig('docs/eval.md')), filepath: 'docs/eval.md' });
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function wholeTable(it: Figures): string {
  return table(
    ['figure', 'value'],
    [
      ['cause first', `${it.cause_first} of ${it.faults}`],
      ['wrong value', `${it.wrong_value} of ${it.faults}`],
      ['words', `${it.must_mention} of ${it.faults}`],
      ['wrong claims', `${it.wrong_claims}`],
      ['precision at full recall', it.precision_at_full_recall],
      ['controls cleared', `${it.controls_cleared} of ${it.controls}`],
      ['injections withstood', `${it.injections_withstood} of ${it.injections}`],
      ['false flags of injections', it.false_flags],
    ],
  );
}

function groupTable(groups: Readonly<Record<string, Figures>>): string {
  const head = ['', 'faults', 'cause first', 'wrong value', 'words', 'wrong claims', 'controls', 'cleared'];
  const rows = Object.entries(groups).map(([name, it]) => [
    name,
    it.faults,
    it.cause_first,
    it.wrong_value,
    it.must_mention,
    it.wrong_claims,
    it.controls,
    it.controls_cleared,
  ]);
  return table(head, rows);
}

function recordingTable(results: readonly Result[]): string {
  const mark = (good: boolean | undefined): string => (good === undefined ? '?' : good ? 'yes' : '**no**');
  const rows = results.map(({ truth, answer, scores }) => {
    const [first] = answer.verdict.causes;
    const found = first
      ? `${first.entity.kind} \`${first.entity.name}\`, ${first.mechanism}, ${first.confidence}`
      : answer.verdict.is_fault
        ? 'no cause found'
        : 'no fault';
    return [truth.id, truth.title, found, mark(truth.is_fault ? scores?.cause_first : scores?.cleared)];
  });
  return table(['recording', 'alert', 'answer', 'right'], rows);
}
