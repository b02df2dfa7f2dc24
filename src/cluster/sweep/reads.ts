import type { FaultEpisode } from '../../domain/records.ts';
import { type ClusterReader, ReadError } from '../../kube/cluster-reader.ts';
import { noScaleUpReason, scaleUpReasons } from '../../kube/detect/scale-up.ts';
import { type Pod, conditionOf } from '../../kube/objects.ts';
import type { ToolList } from '../../kube/read/tool-list.ts';
import { plural } from '../../lib/text.ts';
import { chooseReads, type Place, type ReadPlan } from './choose.ts';
import { type SweepView, placeKey } from './view.ts';

/** A read that fails so often in a row means that the server is gone. */
const maxSilentReads = 3;

/**
 * Reads what the lists do not show in full and a detector or an active fault needs, about `maxReads` objects (what
 * belongs together is read whole). Gives a warning for what could not be read.
 */
export async function readSuspects(
  reader: Pick<ClusterReader, 'get'>,
  view: SweepView,
  active: readonly FaultEpisode[],
  plan: ReadPlan,
  signal: AbortSignal,
): Promise<string[]> {
  const { looks, turns } = plan.memory;
  const { wanted, waiting } = chooseReads(view, active, plan);
  const reads = new Reads(reader, view, plan.limits.maxReads);
  let done = 0;
  for (const suspect of wanted) {
    if (reads.stopped() || plan.isOver()) break;
    done += 1;
    // Also when it fails: what can never be read must not be first for ever.
    looks.looked(suspect.key, suspect.print);
    if (suspect.line !== undefined) turns.took(suspect.line, suspect.key);
    await reads.read(suspect.places, signal);
  }
  looks.keepOnly(new Set([...wanted, ...waiting].map(({ key }) => key)));
  const left = wanted.slice(done).filter((suspect) => !waiting.has(suspect)).length;
  if (reads.silent) return [...reads.warnings, 'the other suspects were not read: no answer'];
  if (left === 0) return reads.warnings;
  const why = reads.stopped() ? `over the limit of ${plan.limits.maxReads}` : 'the sweep takes too long';
  return [...reads.warnings, `${plural(left, 'suspect')} not read, ${why}`];
}

/** The reads of one sweep. */
class Reads {
  readonly warnings: string[] = [];
  readonly #reader: Pick<ClusterReader, 'get'>;
  readonly #view: SweepView;
  readonly #max: number;
  readonly #done = new Set<string>();
  #silent = 0;

  constructor(reader: Pick<ClusterReader, 'get'>, view: SweepView, max: number) {
    this.#reader = reader;
    this.#view = view;
    this.#max = max;
  }

  get silent(): boolean {
    return this.#silent >= maxSilentReads;
  }

  stopped(): boolean {
    return this.silent || this.#done.size >= this.#max;
  }

  /** One after another; the first that fails ends it. */
  async read(places: readonly Place[], signal: AbortSignal): Promise<void> {
    for (const place of places) {
      const key = placeKey(place.kind, place.namespace, place.name);
      if (this.#done.has(key)) continue;
      this.#done.add(key);
      signal.throwIfAborted();
      try {
        const object = await this.#reader.get(place.apiVersion, place.kind, place.namespace, place.name, signal);
        if (object) this.#view.addRead(object);
        else this.#view.addGone(place);
        this.#silent = 0;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ReadError)) throw error;
        this.warnings.push(`${key} could not be read: ${error.message}`);
        this.#silent = error.failure === 'unreachable' || error.failure === 'timeout' ? this.#silent + 1 : 0;
        return;
      }
    }
  }
}

/** Reads the events of a reason, of all namespaces. @throws ReadError */
export type EventsOf = (reason: string, signal: AbortSignal) => Promise<ToolList>;

/**
 * Reads what autoscalers say of pods, when there is a pod that waits for a node: a sweep lists warnings only, and these
 * events are none. What cannot be read is not known; the pod then counts as one that waits in vain.
 */
export async function readScaleUps(eventsOf: EventsOf, view: SweepView, signal: AbortSignal): Promise<void> {
  if (!view.objects().some(waitsForNode)) return;
  let found = 0;
  for (const reason of scaleUpReasons) found += await readEvents(eventsOf, view, reason, signal);
  if (found > 0) await readEvents(eventsOf, view, noScaleUpReason, signal);
}

function waitsForNode(object: Pod): boolean {
  if (object.kind !== 'Pod' || object.status?.phase !== 'Pending') return false;
  return conditionOf(object.status.conditions, 'PodScheduled')?.status === 'False';
}

/** How many there are. */
async function readEvents(eventsOf: EventsOf, view: SweepView, reason: string, signal: AbortSignal): Promise<number> {
  try {
    return view.addEvents(await eventsOf(reason, signal));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadError) return 0;
    throw error;
  }
}
