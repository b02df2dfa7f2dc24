import type { Problem, ProblemKind } from '../lib/problem.ts';
import type { CheckGroup } from '../domain/wire/check-groups.ts';
import type { CheckWorld } from './world.ts';

/** What a check found. */
export type Finding =
  /** Nothing is wrong when there are none; `detail` says what was found all the same. */
  | { readonly problems: readonly Problem[]; readonly detail?: string }
  /** It could not be found out, and why. */
  | { readonly skipped: string };

/**
 * One thing that has to be true of a set-up. `doctor` runs it; the codes of its kinds are what health, log, metrics and
 * messages of a running daemon show.
 */
export interface Check {
  /** Stable, `group.word`. */
  readonly id: string;
  readonly group: CheckGroup;
  /** What is true when it passes; `{subject}` is what it was run on. */
  readonly statement: string;
  /** The same of many subjects: `212 {of them}`. Null for a check with one subject. */
  readonly ofMany: string | null;
  /** Every problem that it can find, with severity, fix and page. */
  readonly kinds: readonly ProblemKind[];
  /** Checks without which it says nothing: it is skipped when one of them fails, for the same subject where they share it. */
  readonly dependsOn: readonly string[];
  /** A running daemon runs it too, at intervals; what it finds is shown like every other problem. */
  readonly inDaemon: boolean;
  /** What it is run on: names of clusters, channels, providers; `['']` for a check of the whole, none when it does not apply. */
  subjects(world: CheckWorld): readonly string[];
  /** Never waits without the signal. What it throws is a bug, and told as such. */
  run(world: CheckWorld, subject: string, signal: AbortSignal): Promise<Finding>;
}

export const passed: Finding = { problems: [] };

/** A finding of one problem, or of none. */
export function finding(problem: Problem | null, detail?: string): Finding {
  return { problems: problem === null ? [] : [problem], ...(detail === undefined ? {} : { detail }) };
}
