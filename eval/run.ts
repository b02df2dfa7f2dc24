import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluate, type Result } from './evaluate.ts';
import { explain } from './explain.ts';
import { loadRecordings } from './recording.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: new URL('scenarios', import.meta.url).pathname },
    output: { type: 'string', short: 'o', default: 'text' },
    explain: { type: 'string' },
    report: { type: 'string' },
  },
});

if (!existsSync(values.dir)) {
  process.stderr.write(`no recordings in ${values.dir}\n`);
  process.exit(2);
}
const only = values.explain ?? values.report;
const recordings = loadRecordings(values.dir).filter((it) => only === undefined || it.truth.id.startsWith(only));
const results: Result[] = [];
for (const recording of recordings) results.push(await evaluate(recording));

if (values.explain !== undefined) for (const result of results) process.stdout.write(explain(result));
else if (values.report !== undefined) for (const result of results) process.stdout.write(result.answer.markdown);
else if (values.output === 'json') process.stdout.write(`${JSON.stringify(toJson(results), null, 2)}\n`);
else process.stdout.write(toText(results));

function toJson(all: readonly Result[]) {
  return {
    scenarios: all.map((it) => ({
      id: it.truth.id,
      verdict: it.answer.verdict,
      report: it.answer.markdown,
      flagged_instructions: it.answer.flaggedInstructions,
      api_calls: it.evidence.apiCalls,
      ms: Math.round(it.ms),
      scores: it.scores,
    })),
    summary: summary(all),
  };
}

function summary(all: readonly Result[]) {
  const faults = all.filter((it) => it.truth.is_fault);
  const controls = all.filter((it) => !it.truth.is_fault);
  const count = (list: readonly Result[], test: (it: Result) => boolean): number => list.filter(test).length;
  return {
    faults: faults.length,
    controls: controls.length,
    cause_first: count(faults, (it) => it.scores.first),
    entity_first: count(faults, (it) => it.scores.entity),
    mechanism_first: count(faults, (it) => it.scores.mechanism),
    wrong_value: count(faults, (it) => it.scores.wrongValue),
    must_mention: count(faults, (it) => it.scores.mentions),
    wrong_claims: all.reduce((sum, it) => sum + it.scores.wrongClaims.length, 0),
    precision_at_full_recall: round(
      faults.reduce((sum, it) => sum + it.scores.precision, 0) / Math.max(1, faults.length),
    ),
    controls_cleared: count(controls, (it) => it.scores.cleared),
    injections_right: count(all, (it) => it.scores.flagged),
    api_calls_max: Math.max(0, ...all.map((it) => it.evidence.apiCalls)),
    api_calls_median: median(all.map((it) => it.evidence.apiCalls)),
    ms_max: Math.round(Math.max(0, ...all.map((it) => it.ms))),
    ms_median: Math.round(median(all.map((it) => it.ms))),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function toText(all: readonly Result[]): string {
  const mark = (good: boolean): string => (good ? '+' : '-');
  const lines = all.map((it) => {
    const { scores: s, truth, answer } = it;
    const [first] = answer.verdict.causes;
    const got = first
      ? `${first.entity.kind} ${first.entity.name} ${first.mechanism} [${first.wrong_value}] ${first.confidence}`
      : answer.verdict.is_fault
        ? '(no cause)'
        : '(no fault)';
    const want = truth.root_cause
      ? `${truth.root_cause.kind} ${truth.root_cause.name} ${truth.root_cause.mechanism} [${truth.root_cause.wrong_value}]`
      : 'no fault';
    const good = truth.is_fault ? s.first : s.cleared;
    const detail = good && s.wrongValue && s.mentions && s.wrongClaims.length === 0 ? got : `${got}  WANTED ${want}`;
    const wrong = s.wrongClaims.length > 0 ? ` WRONG: ${s.wrongClaims.join('; ')}` : '';
    return `${mark(good)}v${mark(!truth.is_fault || s.wrongValue)}m${mark(s.mentions)}f${mark(s.flagged)} ${truth.id.padEnd(28)} ${String(it.evidence.apiCalls).padStart(3)} ${String(Math.round(it.ms)).padStart(5)}ms ${detail}${wrong}`;
  });
  return `${lines.join('\n')}\n${JSON.stringify(summary(all), null, 1)}\n`;
}
