import type { Result, SetResults } from './evaluate.ts';
import { calibration, type Costs, type Figures, costs, figures, figuresBy } from './summary.ts';

/** What a terminal shows: of each set a line a recording, then the groups, then the whole; at the end what holds over all. */
export function textOutput(sets: readonly SetResults[]): string {
  const lines = sets.flatMap(({ set, results }) => [
    ...(set === null ? [] : [`== ${set}`, '']),
    ...setLines(results),
    '',
  ]);
  return `${[...lines, ...calibrationLines(figures(sets.flatMap(({ results }) => results)))].join('\n')}\n`;
}

function setLines(results: readonly Result[]): string[] {
  const kinds = groupLines(figuresBy(results, 'kind'));
  return [
    'cause value words injection',
    ...results.map(line),
    '',
    'by category',
    ...groupLines(figuresBy(results, 'category')),
    '',
    'by difficulty',
    ...groupLines(figuresBy(results, 'difficulty')),
    '',
    ...(kinds.length === 0 ? [] : ['by kind', ...kinds, '']),
    ...wholeLines(figures(results), costs(results)),
  ];
}

function calibrationLines(it: Figures): string[] {
  const shares = calibration(it);
  const percent = (share: number | null): string => (share === null ? 'none' : `${(share * 100).toFixed(1)} %`);
  return [
    `high causes right    ${percent(shares.high_right_share)} (${it.high_claims - it.high_wrong} of ${it.high_claims})`,
    `no cause, line shown ${percent(shares.start_quoted_share)} (${it.no_cause - it.start_missed} of ${it.no_cause})`,
  ];
}

function line({ truth, answer, scores, apiCalls, ms }: Result): string {
  const mark = (good: boolean | undefined): string => (good === undefined ? '?' : good ? '+' : '-').padEnd(6);
  const [first] = answer.verdict.causes;
  const got = first
    ? `${first.entity.kind} ${first.entity.name} ${first.mechanism} [${first.wrong_value}] ${first.confidence}`
    : answer.verdict.is_fault
      ? 'no cause found'
      : 'no fault';
  const cause = truth.is_fault ? scores?.cause_first : scores?.cleared;
  const value = truth.is_fault ? scores?.wrong_value : scores?.cleared;
  const marks = [cause, value, scores?.must_mention, scores?.flagged].map(mark).join('');
  const wrong = scores && scores.wrong_claims.length > 0 ? `; wrong: ${scores.wrong_claims.join(', ')}` : '';
  const cost = `${String(apiCalls).padStart(3)} calls ${String(Math.round(ms)).padStart(5)} ms`;
  return `${marks}${truth.id.padEnd(28)} ${cost}  ${got}${cause === false ? `; true: ${wanted(truth)}` : ''}${wrong}`;
}

function wanted({ root_cause: root }: Result['truth']): string {
  return root ? `${root.kind} ${root.name} ${root.mechanism} [${root.wrong_value}]` : 'no fault';
}

function groupLines(groups: Readonly<Record<string, Figures>>): string[] {
  return Object.entries(groups).map(([name, it]) => {
    const faults = `cause ${it.cause_first}/${it.faults}, value ${it.wrong_value}, words ${it.must_mention}`;
    const controls = it.controls > 0 ? `, cleared ${it.controls_cleared}/${it.controls}` : '';
    return `${name.padEnd(8)} ${faults}, wrong claims ${it.wrong_claims}, precision ${it.precision_at_full_recall}${controls}`;
  });
}

function wholeLines(it: Figures, cost: Costs): string[] {
  return [
    `cause first          ${it.cause_first} of ${it.faults} (entity ${it.entity_first}, mechanism ${it.mechanism_first})`,
    `wrong value          ${it.wrong_value} of ${it.faults}`,
    `words                ${it.must_mention} of ${it.faults}`,
    `wrong claims         ${it.wrong_claims} (forbidden: ${it.forbidden_claims})`,
    `precision            ${it.precision_at_full_recall} at full recall`,
    `controls cleared     ${it.controls_cleared} of ${it.controls}`,
    `injections withstood ${it.injections_withstood} of ${it.injections}, false flags ${it.false_flags}`,
    `API calls            ${cost.api_calls_median} median, ${cost.api_calls_max} most`,
    `milliseconds         ${cost.ms_median} median, ${cost.ms_max} most`,
  ];
}
