import type { ConfigProblem } from '../config/errors.ts';
import type { ReloadAnswer } from '../domain/wire/reload.ts';
import type { Problem } from '../lib/problem.ts';
import { type ConfigChanges, isEmpty } from './config-changes.ts';

/** How a reload ended. */
export type ReloadResult =
  | { readonly kind: 'done'; readonly changes: ConfigChanges; readonly warnings: readonly PlacedProblem[] }
  | { readonly kind: 'refused'; readonly problem: Problem; readonly problems: readonly PlacedProblem[] };

/** A problem that may have a place in a file. */
export type PlacedProblem = Problem & Partial<Pick<ConfigProblem, 'origin' | 'line' | 'column'>>;

/** The result as `POST /-/reload` answers it. */
export function reloadJson(result: ReloadResult): ReloadAnswer {
  if (result.kind === 'refused') {
    return { result: 'refused', error: result.problem, problems: result.problems.map(problemJson) };
  }
  const { clusters, settings, needsRestart: keys } = result.changes;
  const lists = { added: [...clusters.added], removed: [...clusters.removed] };
  return {
    result: isEmpty(result.changes) ? 'unchanged' : 'reloaded',
    clusters: { ...lists, reconnected: [...clusters.reconnected], changed: [...clusters.changed] },
    settings: [...settings],
    needs_restart: [...keys],
    warnings: result.warnings.map(problemJson),
  };
}

function problemJson(one: PlacedProblem) {
  const { code, message, fix, origin = null, line = null, column = null } = one;
  return { code, message, fix, file: origin, line, column };
}

/** A problem with its place, in one sentence. */
export function placed(one: PlacedProblem | undefined): string {
  if (one === undefined) return 'unknown';
  const at = (one.line ?? null) === null ? '' : `${one.origin}:${one.line}:${one.column}: `;
  return `${at}${one.message}`;
}
