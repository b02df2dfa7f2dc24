import type { FaultSignal } from '../../domain/fault.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import type { SweepReport } from '../../domain/state-store.ts';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import { detect } from '../../kube/detect/detect.ts';
import { findingId } from '../../kube/detect/finding.ts';
import { isHealthy } from '../../kube/health.ts';
import type { Clock } from '../../lib/clock.ts';
import { signalsOf } from '../sweep/judge.ts';
import { type SweepLimits, sweepLimits } from '../sweep/limits.ts';
import { lookAt, type SweepRun } from '../sweep/look.ts';
import { SweepMemory } from '../sweep/memory.ts';
import { type EventsOf, readSuspects } from '../sweep/reads.ts';
import { SweepView } from '../sweep/view.ts';
import type { KindKnowledge, ObjectCache } from './object-cache.ts';

/** What a look into some namespaces reads one by one (what events are about and is not watched). */
const quickReads = 20;

export interface LookerOptions {
  readonly cluster: string;
  readonly cache: ObjectCache;
  readonly knowledge: (kind: string) => KindKnowledge;
  readonly clock: Clock;
  readonly limits?: Partial<SweepLimits>;
}

/** A look whose report is to be stored; `stored` says that it was. */
export interface QuickLook {
  readonly report: SweepReport;
  stored(): void;
}

/**
 * Looks for faults in what the watch knows of a cluster: at all of it, as a sweep does, and at namespaces in which
 * something has changed. Knows what it has told, so that a quick look tells what is new alone, and in which namespaces
 * time alone will bring a fault soon.
 */
export class WatchLooker {
  readonly #options: LookerOptions;
  readonly #limits: SweepLimits;
  readonly #memory = new SweepMemory();
  /** Ids of the findings that were told, by namespace. */
  #told = new Map<string, ReadonlySet<string>>();
  /** Ids of the faults that stood at the last whole look. */
  #stand: ReadonlySet<string> = new Set();
  #serverCluster = '';
  #foreseen = new Set<string>();

  constructor(options: LookerOptions) {
    this.#options = options;
    this.#limits = { ...sweepLimits, ...options.limits };
  }

  /** Namespaces in which a fault will stand before the next whole look if nothing changes. */
  get foreseen(): ReadonlySet<string> {
    return this.#foreseen;
  }

  /** `aheadMs`: until the next such look. */
  async whole(
    reader: Pick<ClusterReader, 'get' | 'list'>,
    serverCluster: string,
    active: readonly FaultEpisode[],
    aheadMs: number,
    signal: AbortSignal,
  ): Promise<SweepRun> {
    const { cluster, cache, knowledge, clock } = this.#options;
    const started = clock.monotonic();
    cache.dropOldEvents();
    cache.takeChanged();
    const source = { cluster, serverCluster, source: 'watch', now: clock.now() } as const;
    const plan = {
      reader,
      limits: this.#limits,
      memory: this.#memory,
      source,
      now: source.now,
      started,
      isOver: () => clock.monotonic() - started > this.#limits.maxMs,
      current: true,
      eventsOf: eventsFrom(reader),
    };
    const { run, view } = await lookAt(cache.lists(knowledge, null), active, plan, signal);
    this.#serverCluster = serverCluster;
    this.#stand = new Set(active.map(({ faultId }) => faultId));
    this.#told = idsByNamespace(run.report.findings);
    this.#foreseen = view === null ? new Set() : foreseenIn(view, source.now, aheadMs);
    return run;
  }

  /** A whole look was not stored: everything is told again. */
  forget(): void {
    this.#told = new Map();
  }

  /** At some namespaces alone; null when nothing new is found there. */
  async quick(
    reader: Pick<ClusterReader, 'get'>,
    namespaces: ReadonlySet<string>,
    aheadMs: number,
    signal: AbortSignal,
  ): Promise<QuickLook | null> {
    const { cluster, cache, knowledge, clock } = this.#options;
    const now = clock.now();
    const view = new SweepView(cache.lists(knowledge, namespaces), now, { current: true });
    const plan = {
      limits: { ...this.#limits, maxReads: quickReads },
      now,
      memory: new SweepMemory(),
      isOver: () => false,
    };
    await readSuspects(reader, view, [], plan, signal);
    const source = { cluster, serverCluster: this.#serverCluster, source: 'watch', now } as const;
    const { signals } = signalsOf(view, source, this.#stand);
    const foreseen = foreseenIn(view, now, aheadMs);
    for (const name of namespaces) this.#foreseen.delete(name);
    for (const name of foreseen) this.#foreseen.add(name);
    const here = signals.filter(({ resource }) => namespaces.has(resource.namespace ?? ''));
    const fresh = here.filter((one) => this.#told.get(one.resource.namespace ?? '')?.has(one.faultId) !== true);
    const findings = fresh.slice(0, this.#limits.maxFindings);
    const cut = new Set(fresh.slice(findings.length).map(({ faultId }) => faultId));
    const stored = (): void => {
      const ids = idsByNamespace(here.filter(({ faultId }) => !cut.has(faultId)));
      for (const name of namespaces) this.#told.set(name, ids.get(name) ?? new Set());
    };
    if (findings.length === 0) {
      stored();
      return null;
    }
    // It shows a part of the cluster, and says nothing of what stood before.
    const report = { cluster, at: now, serverCluster: this.#serverCluster, findings, observations: [], partial: true };
    return { report, stored };
  }
}

function idsByNamespace(findings: readonly FaultSignal[]): Map<string, ReadonlySet<string>> {
  const groups = Map.groupBy(findings, ({ resource }) => resource.namespace ?? '');
  return new Map([...groups].map(([name, some]) => [name, new Set(some.map(({ faultId }) => faultId))]));
}

/**
 * Namespaces with an object that shows more in a while than now: many faults are those that have lasted for some time.
 * The detectors themselves are asked, with a later time.
 */
function foreseenIn(view: SweepView, now: number, aheadMs: number): Set<string> {
  const found = new Set<string>();
  for (const object of view.objects()) {
    const namespace = object.metadata.namespace ?? '';
    // Of the many, those that are well have nothing to wait for.
    if (found.has(namespace) || (object.kind === 'Pod' && isHealthy(object) === true)) continue;
    const context = view.context(object);
    const ids = new Set(detect(object, context).map((one) => findingId(one, '')));
    const later = detect(object, { ...context, now: now + aheadMs });
    if (later.some((one) => !ids.has(findingId(one, '')))) found.add(namespace);
  }
  return found;
}

/** Only warnings are watched: others are read when they are needed. */
function eventsFrom(reader: Pick<ClusterReader, 'list'>): EventsOf {
  return async (reason, signal) => {
    const { items } = await reader.list('v1', 'Event', { fieldSelector: `reason=${reason}` }, signal);
    return { form: 'objects', objects: items };
  };
}
