import type { FaultSignal } from '../../domain/fault.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import type { SweepReport } from '../../domain/state-store.ts';
import { detect } from '../../kube/detect/detect.ts';
import { type Finding, findingId, signalOf, type SignalSource } from '../../kube/detect/finding.ts';
import type { Turns } from './memory.ts';
import { newestFailures, observe } from './observe.ts';
import { type SweepView, placeKey } from './view.ts';

interface FindingBound {
  readonly max: number;
  readonly turns: Turns;
}

interface Judged {
  readonly findings: readonly FaultSignal[];
  /** What is said of each fault that stood before. */
  readonly seen: SweepReport['observations'];
  /** What was found over the bound, in a sentence; null when nothing was. */
  readonly tooMany: string | null;
}

/** What detectors find in all that was read, and what became of the faults that stood before. */
export function judge(
  view: SweepView,
  active: readonly FaultEpisode[],
  source: SignalSource,
  bound: FindingBound,
): Judged {
  const stand = new Set(active.map((episode) => episode.faultId));
  const { signals, found } = signalsOf(view, source, stand);
  const known = {
    ids: new Set(signals.map((one) => one.faultId)),
    faulty: faultyOf(found),
    newestFailures: newestFailures(active),
  };
  const over = found.length - bound.max;
  return {
    findings: bounded(signals, active, bound),
    seen: active.map((episode) => ({ episodeId: episode.id, observation: observe(episode, view, known) })),
    tooMany: over > 0 ? `${over} findings over the limit of ${bound.max}` : null,
  };
}

/** Faults that stand already come first, so that a flood of new ones does not push them out; all take turns. */
function bounded(
  signals: readonly FaultSignal[],
  active: readonly FaultEpisode[],
  { max, turns }: FindingBound,
): readonly FaultSignal[] {
  if (signals.length <= max) return signals;
  const known = new Set(active.map((episode) => episode.faultId));
  const [stand, fresh] = [true, false].map((is) => signals.filter((one) => known.has(one.faultId) === is));
  const half = Math.max(Math.ceil(max / 2), max - (fresh?.length ?? 0));
  const first = turns.take('findings that stand', stand ?? [], half, signalKey);
  return [...first, ...turns.take('new findings', fresh ?? [], max - first.length, signalKey)];
}

/** The findings of all objects, then of the warning events that name what no object shows; each id once. */
function findAll(view: SweepView): Finding[] {
  const found = new Map<string, Finding>();
  const add = (finding: Finding): void => {
    const key = findingId(finding, '');
    if (!found.has(key)) found.set(key, finding);
  };
  for (const object of view.objects()) for (const finding of detect(object, view.context(object))) add(finding);
  const faulty = faultyOf([...found.values()]);
  for (const event of view.events()) {
    const about = event.involvedObject;
    if (!about?.kind || !about.name) continue;
    if (faulty.has(placeKey(about.kind, about.namespace, about.name))) continue;
    const ref = {
      apiVersion: about.apiVersion ?? 'v1',
      kind: about.kind,
      namespace: about.namespace ?? null,
      name: about.name,
      uid: about.kind === 'Node' ? null : (about.uid ?? null),
    };
    const seen = view.seen(ref);
    const context = view.context(event);
    const involved = seen === 'gone' ? null : seen === 'unknown' ? undefined : seen;
    for (const finding of detect(event, { ...context, ...(involved === undefined ? {} : { involved }) })) {
      // Without a uid there is no identity: the object could not be read, so nothing is said of it.
      if (finding.resource.uid !== null) add(finding);
    }
  }
  return [...found.values()];
}

/** What detectors find in all that was read. `stand`: ids of faults that stood before. */
export function signalsOf(
  view: SweepView,
  source: SignalSource,
  stand: ReadonlySet<string>,
): { readonly signals: readonly FaultSignal[]; readonly found: readonly Finding[] } {
  const found = findAll(view);
  return { found, signals: found.map((finding) => underKnownId(finding, signalOf(finding, source), stand)) };
}

/** What was found before the server named its cluster (a part of ids) goes on under the id that it has. */
function underKnownId(finding: Finding, signal: FaultSignal, stand: ReadonlySet<string>): FaultSignal {
  const unnamed = findingId(finding, '');
  return stand.has(unnamed) && !stand.has(signal.faultId) ? { ...signal, faultId: unnamed } : signal;
}

function signalKey({ faultId, resource }: FaultSignal): string {
  return `${placeKey(resource.kind, resource.namespace, resource.name)} ${faultId}`;
}

function faultyOf(findings: readonly Finding[]): Set<string> {
  return new Set(findings.map(({ resource }) => placeKey(resource.kind, resource.namespace, resource.name)));
}
