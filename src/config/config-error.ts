import { type Problem, type ProblemKind, problem } from '../lib/problem.ts';
import { plural } from '../lib/text.ts';

/** One thing that is wrong with the configuration, with the place where it is. */
export interface ConfigProblem extends Problem {
  /** The key, as in `clusters[0].mcp.endpoint`. */
  readonly path: string;
  /** The file, or what else set the value: `environment`, `--health-port`. */
  readonly origin: string;
  /** From 1; null when it is not in a file. */
  readonly line: number | null;
  readonly column: number | null;
  /** The line with a caret under the place, secrets hidden. */
  readonly excerpt: string | null;
}

/** Everything that is wrong with a configuration, in the order of its lines. Exit code 2. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const sorted = problems.toSorted(byPlace);
    super(renderProblems(sorted));
    this.name = 'ConfigError';
    this.problems = sorted;
  }
}

/** A problem that has no place in a file. */
export function unplaced(kind: ProblemKind, message: string, origin: string, fields?: Record<string, string>) {
  return { ...problem(kind, message, fields), path: '', origin, line: null, column: null, excerpt: null };
}

/** All problems as text for a terminal or a log, without colours. */
function renderProblems(problems: readonly ConfigProblem[]): string {
  const parts = problems.map(renderProblem);
  if (problems.length > 1) parts.push(`${plural(problems.length, 'error')} in the configuration`);
  return parts.join('\n\n');
}

function renderProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? problem.origin : `${problem.origin}:${problem.line}:${problem.column}`;
  const lines = [`error: ${place}: ${problem.message}`];
  if (problem.excerpt !== null) lines.push('', problem.excerpt);
  lines.push(`    fix: ${problem.fix}`, `    ${problem.code}`);
  return lines.join('\n');
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || 0;
}
