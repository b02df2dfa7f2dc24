import type { Checked } from '../../domain/wire/doctor.ts';
import type { Clock } from '../../lib/clock.ts';
import { docsOf, errorText, type Problem, problem, type ProblemKind } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import type { Check, Finding } from '../check.ts';
import { hostProblems } from '../errors.ts';
import type { CheckWorld } from '../world.ts';

/** Longest text of a cluster, a server or a program in a report, characters. */
const maxSaid = 500;

export interface RunOptions {
  readonly clock: Clock;
  /** Of one check on one subject, ms. */
  readonly limitMs: number;
}

/**
 * Runs checks beside each other, each after those that it depends on. The order of the answer is that of the checks and
 * their subjects. Rejects only with the reason of the signal.
 */
export async function runChecks(
  checks: readonly Check[],
  world: CheckWorld,
  options: RunOptions,
  signal: AbortSignal,
): Promise<Checked[]> {
  const started = new Map<string, Map<string, Promise<readonly Checked[]>>>();
  for (const check of checks) {
    const runs = new Map<string, Promise<readonly Checked[]>>();
    for (const subject of new Set(check.subjects(world))) {
      const causes = check.dependsOn.flatMap((id) => awaited(started.get(id), subject));
      const run = runOne({ check, subject, causes }, world, options, signal);
      // Whoever waits hears of it; nobody has to, when another one fails first.
      run.catch(() => {});
      runs.set(subject, run);
    }
    started.set(check.id, runs);
  }
  const all = [...started.values()].flatMap((runs) => [...runs.values()]);
  return (await Promise.all(all)).flat();
}

/** Of a check, the run on the same subject; where it has none of that name, all of its runs. */
function awaited(
  runs: ReadonlyMap<string, Promise<readonly Checked[]>> | undefined,
  subject: string,
): Promise<readonly Checked[]>[] {
  if (runs === undefined) return [];
  const same = runs.get(subject);
  if (same !== undefined) return [same];
  const whole = runs.get('');
  return whole === undefined ? [] : [whole];
}

interface OneRun {
  readonly check: Check;
  readonly subject: string;
  readonly causes: readonly Promise<readonly Checked[]>[];
}

async function runOne(
  { check, subject, causes }: OneRun,
  world: CheckWorld,
  { clock, limitMs }: RunOptions,
  signal: AbortSignal,
): Promise<readonly Checked[]> {
  const before = (await Promise.all(causes)).flat();
  const broken = before.find(({ result }) => result === 'failed' || result === 'skipped');
  if (broken !== undefined) return checkedOf(check, subject, { skipped: `needs: ${broken.statement}` });
  try {
    const found = await withTimeLimit(clock, limitMs, signal, (limited) => check.run(world, subject, limited));
    return checkedOf(check, subject, found);
  } catch (error) {
    signal.throwIfAborted();
    const { checkUnfinished } = hostProblems;
    const unfinished = problem(checkUnfinished, `${check.id}: ${errorText(error)}`, { group: check.group });
    return checkedOf(check, subject, { problems: [unfinished] });
  }
}

/** A finding as the report says it: one element, or one for each problem. */
export function checkedOf(check: Omit<Check, 'run' | 'subjects'>, subject: string, found: Finding): Checked[] {
  const base = {
    id: check.id,
    group: check.group,
    statement: check.statement.replaceAll('{subject}', subject),
    subject: subject === '' ? null : subject,
  };
  if ('skipped' in found) {
    return [{ ...base, result: 'skipped', detail: oneLine(found.skipped, maxSaid), problem: null }];
  }
  const detail = found.detail === undefined ? null : oneLine(found.detail, maxSaid);
  if (found.problems.length === 0) return [{ ...base, result: 'passed', detail, problem: null }];
  const kinds = new Map(check.kinds.map((kind) => [kind.code, kind]));
  return found.problems.map((one) => ({
    ...base,
    result: severityOf(kinds.get(one.code)) === 'warning' ? 'warning' : 'failed',
    detail,
    problem: shown(one),
  }));
}

export function severityOf(kind: ProblemKind | undefined): 'warning' | 'error' {
  return kind?.severity ?? 'error';
}

function shown({ code, message, fix }: Problem): Checked['problem'] {
  return {
    code: oneLine(code, 40),
    message: oneLine(message, maxSaid),
    fix: oneLine(fix, maxSaid),
    docs: docsOf(code),
  };
}
