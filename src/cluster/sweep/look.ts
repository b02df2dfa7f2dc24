import type { FaultEpisode } from '../../domain/records.ts';
import type { SweepReport } from '../../domain/state-store.ts';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import type { SignalSource } from '../../kube/detect/finding.ts';
import { plural } from '../../lib/text.ts';
import { judge } from './judge.ts';
import type { ClusterLists, ListFailure, ListWork } from './lists.ts';
import type { SweepMemory } from './memory.ts';
import { type EventsOf, readScaleUps, readSuspects } from './reads.ts';
import { SweepView } from './view.ts';

export interface SweepRun {
  readonly report: SweepReport;
  /** `partial`: some lists could not be read; `failed`: none could. */
  readonly result: 'ok' | 'partial' | 'failed';
  /** One sentence for each thing that could not be read. */
  readonly warnings: readonly string[];
  /** Those of them that are about a list: what is not read there is not watched. */
  readonly unlisted: readonly string[];
  /** Why the cluster is not watched although something of it was read; null when it is. */
  readonly unwatched?: string | null;
}

/** How a cluster is looked at whose lists are there. */
export interface LookPlan extends Pick<ListWork, 'limits' | 'now' | 'isOver'> {
  readonly reader: Pick<ClusterReader, 'get'>;
  readonly memory: SweepMemory;
  readonly source: SignalSource;
  /** When it began, monotonic ms. */
  readonly started: number;
  /** The lists are of this moment and show all that there is (`SweepView`). */
  readonly current: boolean;
  /** Reads the events of a reason. */
  readonly eventsOf: EventsOf;
}

/**
 * Suspects one by one, then detectors on full objects, then what became of the faults that stood before. `view` is what
 * was seen, null when no list could be read. Rejects only when the signal ends.
 */
export async function lookAt(
  lists: ClusterLists,
  active: readonly FaultEpisode[],
  plan: LookPlan,
  signal: AbortSignal,
): Promise<{ readonly run: SweepRun; readonly view: SweepView | null }> {
  const { reader, limits, memory, source, started, current } = plan;
  const { cluster, now: at } = source;
  const cut = (warnings: readonly string[]): readonly string[] => shortened(warnings, limits.maxWarnings);
  const unlisted = [...lists.failures.map(failureText), ...truncations(lists)];
  if (![...lists.kinds.values()].some((list) => list.read)) {
    const report = { cluster, at, findings: [], observations: [] };
    return { run: { report, result: 'failed', warnings: cut(unlisted), unlisted: cut(unlisted) }, view: null };
  }
  const view = new SweepView(lists, at, { current });
  const warnings = [...unlisted, ...(await readSuspects(reader, view, active, plan, signal))];
  await readScaleUps(plan.eventsOf, view, signal);
  const { findings, seen, tooMany } = judge(view, active, source, { max: limits.maxFindings, turns: memory.turns });
  if (tooMany !== null) warnings.push(tooMany);
  const { observations, doubt } = await memory.losses.confirm(reader, seen, started, signal);
  if (doubt !== null) warnings.push(doubt);
  const report = { cluster, at, findings, observations };
  const result = warnings.length > 0 ? 'partial' : 'ok';
  const unwatched = unwatchedBy(lists);
  return { run: { report, result, warnings: cut(warnings), unlisted: cut(unlisted), unwatched }, view };
}

function shortened(warnings: readonly string[], max: number): readonly string[] {
  if (warnings.length <= max) return warnings;
  return [...warnings.slice(0, max), `and ${plural(warnings.length - max, 'warning')} more`];
}

function failureText(failure: ListFailure): string {
  const where = failure.namespace === null ? '' : ` of namespace ${failure.namespace}`;
  return `${failure.kind} list${where} could not be read (${failure.failure}): ${failure.message}`;
}

/** Without its pods nobody watches a cluster. */
function unwatchedBy({ kinds, failures }: ClusterLists): string | null {
  if (kinds.get('Pod')?.read !== false) return null;
  const failure = failures.find(({ kind }) => kind === 'Pod');
  return failure === undefined ? 'no list of pods could be read' : failureText(failure);
}

function truncations(lists: ClusterLists): string[] {
  const cut = [...lists.kinds.values()].filter((list) => list.truncated);
  return cut.map(
    (list) => `only the first ${list.objects.length + list.rows.length} of kind ${list.kind} were looked at`,
  );
}
