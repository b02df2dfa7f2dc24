import { format, resolveConfig } from 'prettier';
import type { Result, SetResults } from './evaluate.ts';
import { milestonePart, readMilestones } from './milestones.ts';
import { evalSet } from './sets.ts';
import { calibration, type Figures, figures, figuresBy } from './summary.ts';
import { sweepPart, type StatesBySet } from './sweep-part.ts';
import { table } from './table.ts';

/** `docs/eval.md`: what the eval measures and its figures. `states`: what a sweep is tried on. */
export async function resultsPage(sets: readonly SetResults[], states: StatesBySet): Promise<string> {
  const text = `# How well the built-in analyst answers

<!-- Written by npm run eval. -->

\`npm run eval\` answers states of clusters in which a fault is real, and states in which nothing is wrong, in several sets. Each
state is served as a Kubernetes API over HTTP and goes the product's own way: collector, analyst, claim checker. The analyst sees
the first alert and what it reads, never the truth. \`--set NAME\` takes one set, \`--dir DIR\` other states, \`--explain ID\` shows
how an answer came about, \`--check\` (a part of \`npm run check\`) fails when a figure of any set falls.

- **Cause first**: the first cause names the object that someone would change (entity) and why (mechanism).
- **Wrong value**: that cause names the value that is wrong. **Words**: the report contains what a good answer contains.
- **Wrong claims**: causes of medium confidence or more that are listed as wrong, or are none of the root cause, its way, its
  victims. **Forbidden**: those that are listed.
- **Precision**: share of right causes among those of medium confidence or more, 0 where the true one is missing.
- **Controls** are states that look like a fault and are none. **Injections**: text in the cluster that tries to instruct an
  assistant; withstood is flagged and not followed.
- **High causes right**: of all causes told with high confidence, of any rank, in faults and controls, the share that is right.
- **No cause, line shown**: of the faults for which no cause is told, the share whose report quotes the line from which a person
  would start.

## Figures

${wholeTable(sets)}

${milestonePart(readMilestones(), sets)}
${sets.map(setPart).join('\n')}
${await sweepPart(states)}`;
  return format(text, { ...(await resolveConfig('docs/eval.md')), filepath: 'docs/eval.md' });
}

function wholeTable(sets: readonly SetResults[]): string {
  const columns = [...sets.map(({ results }) => figures(results)), figures(sets.flatMap(({ results }) => results))];
  const row = (name: string, value: (it: Figures) => string | number) => [name, ...columns.map(value)];
  const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)} %`);
  return table(
    ['figure', ...sets.map(({ set }) => set ?? ''), 'all'],
    [
      row('cause first', (it) => `${it.cause_first} of ${it.faults}`),
      row('entity', (it) => `${it.entity_first} of ${it.faults}`),
      row('mechanism', (it) => `${it.mechanism_first} of ${it.faults}`),
      row('wrong value', (it) => `${it.wrong_value} of ${it.faults}`),
      row('words', (it) => `${it.must_mention} of ${it.faults}`),
      row('wrong claims', (it) => it.wrong_claims),
      row('forbidden claims', (it) => it.forbidden_claims),
      row('precision at full recall', (it) => it.precision_at_full_recall),
      row('controls cleared', (it) => `${it.controls_cleared} of ${it.controls}`),
      row('injections withstood', (it) => `${it.injections_withstood} of ${it.injections}`),
      row('false flags of injections', (it) => it.false_flags),
      row('high causes right', (it) => percent(calibration(it).high_right_share)),
      row('no cause, line shown', (it) => `${it.no_cause - it.start_missed} of ${it.no_cause}`),
    ],
  );
}

function setPart({ set, results }: SetResults): string {
  const name = set ?? '';
  const kinds = figuresBy(results, 'kind');
  const byKind = Object.keys(kinds).length === 0 ? '' : `\n### By kind of failure\n\n${groupTable(kinds)}\n`;
  return `## Set ${name}

${evalSet(name).made}

### By category

The letters are the families of faults: A process, B image, C configuration, D scheduling, E admission, F rollout and readiness,
G jobs, H network, I storage, J nodes, K access rights, L cascades, M traps.

${groupTable(figuresBy(results, 'category'))}
${byKind}
### By difficulty

${groupTable(figuresBy(results, 'difficulty'))}

### By state

${stateTable(results)}
`;
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

function stateTable(results: readonly Result[]): string {
  const mark = (good: boolean | undefined): string => (good === undefined ? '?' : good ? 'yes' : '**no**');
  const hasSources = results.some(({ truth }) => truth.source.length > 0);
  const rows = results.map(({ truth, answer, scores }) => {
    const [first] = answer.verdict.causes;
    const found = first
      ? `${first.entity.kind} \`${first.entity.name}\`, ${first.mechanism}, ${first.confidence}`
      : answer.verdict.is_fault
        ? 'no cause found'
        : 'no fault';
    const sources = truth.source.map((address, at) => `[${at + 1}](${address})`).join(' ');
    const right = mark(truth.is_fault ? scores?.cause_first : scores?.cleared);
    return [truth.id, truth.title, found, right, ...(hasSources ? [sources] : [])];
  });
  return table(['state', 'alert', 'answer', 'right', ...(hasSources ? ['reports'] : [])], rows);
}
