import { checkGroups } from '../../domain/wire/check-groups.ts';
import type { Checked, DoctorReport } from '../../domain/wire/doctor.ts';
import { listed, plural } from '../../lib/text.ts';
import type { DoctorWords } from '../context.ts';
import type { Style } from './style.ts';

interface DoctorViewOptions extends DoctorWords {
  readonly style: Style;
  /** Only what is wrong, and the sums. */
  readonly short: boolean;
  readonly exitCode: number;
}

/** Of so many subjects of a check each is shown by itself; of more, how many passed. */
const maxShown = 20;
/** Names that a line lists. */
const maxNamed = 8;

/** The lines of a report, for people: groups of checks, then the sums. */
export function doctorLines(report: DoctorReport, options: DoctorViewOptions): string[] {
  const lines = checkGroups.flatMap((group) => {
    const checks = report.checks.filter((check) => check.group === group);
    const shown = groupLines(checks, options);
    if (shown.length === 0) return [];
    const about = aboutGroup(group, report);
    return [options.style.bold(group) + (about === '' ? '' : options.style.dim(`  ${about}`)), ...shown, ''];
  });
  return [...lines, sumLine(report, options)];
}

function aboutGroup(group: string, { file, daemon }: DoctorReport): string {
  if (group === 'config') return file ?? '';
  return group === 'daemon' ? (daemon ?? '') : '';
}

function groupLines(checks: readonly Checked[], options: DoctorViewOptions): string[] {
  const skipped = checks.filter(({ result }) => result === 'skipped');
  const ids = new Set(checks.map(({ id }) => id));
  const lines = [...ids].flatMap((id) => {
    const own = checks.filter((check) => check.id === id);
    return [...(options.short ? [] : passedLines(own, options)), ...problemLines(own, options)];
  });
  return [...lines, ...(options.short ? [] : skippedLines(skipped, options))];
}

function passedLines(checks: readonly Checked[], { style, ofMany }: DoctorViewOptions): string[] {
  const good = checks.filter(({ result }) => result === 'passed');
  const subjects = new Set(checks.map(({ subject }) => subject)).size;
  const many = ofMany.get(checks[0]?.id ?? '');
  if (subjects > maxShown && many !== undefined && good.length > 0) {
    const slowest = slowestOf(good);
    return [
      `${style.green('√')} ${good.length} of ${subjects} ${many}${slowest === '' ? '' : ` (slowest ${slowest})`}`,
    ];
  }
  return good.map(
    ({ statement, detail }) => `${style.green('√')} ${statement}${detail === null ? '' : ` (${detail})`}`,
  );
}

/** Where the details are times, the longest with its name. */
function slowestOf(checks: readonly Checked[]): string {
  let slowest: { readonly seconds: number; readonly text: string } | null = null;
  for (const { subject, detail } of checks) {
    const seconds = Number(/^(\d+\.\d) s$/.exec(detail ?? '')?.[1] ?? Number.NaN);
    if (seconds > (slowest?.seconds ?? 0)) slowest = { seconds, text: `${subject}, ${detail}` };
  }
  return slowest?.text ?? '';
}

/** What is wrong, alike together: of several clusters one message stands for all. */
function problemLines(checks: readonly Checked[], { style, titles }: DoctorViewOptions): string[] {
  const wrong = checks.filter(({ problem }) => problem !== null);
  const alike = Map.groupBy(wrong, ({ result, problem, subject }) =>
    subject === null ? `${problem?.code} ${problem?.fix}` : `${result} ${problem?.code}`,
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first?.problem == null) return [];
    const { code, fix, docs } = first.problem;
    const sign = first.result === 'failed' ? style.red('×') : style.yellow('‼');
    const [head, said] = groupWords(first, group, titles);
    const differs = group.some(({ problem }) => problem?.fix !== fix);
    const todo = differs ? `${fix} (${first.subject}; of another: nightcrier doctor --cluster NAME)` : fix;
    return [
      `${sign} ${head}`,
      ...said.map((line) => `    ${line}`),
      `    fix: ${todo}`,
      style.dim(`    ${code}  ${docs}`),
    ];
  });
}

/** The headline of what is alike, and what was found: each by itself where it has a place of its own, else one for all. */
function groupWords(
  first: Checked,
  group: readonly Checked[],
  titles: DoctorWords['titles'],
): readonly [string, readonly string[]] {
  const { statement, subject, problem } = first;
  if (group.length === 1) return [statement, [problem?.message ?? '']];
  const title = titles.get(problem?.code ?? '') ?? statement;
  const messages = [...new Set(group.map((one) => one.problem?.message ?? ''))];
  if (subject === null) {
    const rest = messages.length - maxNamed;
    return [title, [...messages.slice(0, maxNamed), ...(rest > 0 ? [`and ${rest} more`] : [])]];
  }
  const names = group.map((one) => one.subject ?? '');
  return [
    `${title}: ${listed(names, maxNamed)}`,
    [`${messages[0] ?? ''} (${subject}; ${plural(group.length - 1, 'other')} alike)`],
  ];
}

/** What could not be looked at, by why. */
function skippedLines(skipped: readonly Checked[], { style }: DoctorViewOptions): string[] {
  const byReason = Map.groupBy(skipped, ({ detail, subject }) => {
    const reason = detail ?? '';
    return subject === null ? reason : reason.replace(` of ${subject} `, ' ');
  });
  return [...byReason].map(([reason, checks]) => {
    const [first] = checks;
    const what = checks.length === 1 ? (first?.statement ?? '') : `${checks.length} checks`;
    return style.dim(`- ${what}: skipped (${reason})`);
  });
}

function sumLine({ summary }: DoctorReport, { style, exitCode }: DoctorViewOptions): string {
  const { passed, warnings, failed, skipped, seconds } = summary;
  const sums = [
    `${passed} passed`,
    plural(warnings, 'warning'),
    `${failed} failed`,
    `${skipped} skipped`,
    `${seconds} s`,
  ];
  const text = sums.join(' · ');
  const painted = failed > 0 ? style.red(text) : warnings > 0 ? style.yellow(text) : style.green(text);
  return `${painted}   exit ${exitCode}`;
}
