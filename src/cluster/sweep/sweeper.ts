import type { FaultSignal } from '../../domain/fault.ts';
import type { ToolCaller } from '../../domain/ports.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import type { SweepReport } from '../../domain/state-store.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { plural } from '../../lib/text.ts';
import { detect } from '../../kube/detect/detect.ts';
import { type Finding, findingId, signalOf } from '../../kube/detect/finding.ts';
import { McpReader } from '../../kube/read/mcp-reader.ts';
import { type SweepLimits, sweepLimits } from './limits.ts';
import { type ClusterLists, type ListFailure, readLists } from './lists.ts';
import { SweepMemory, type Turns } from './memory.ts';
import { observe } from './observe.ts';
import { readSuspects } from './reads.ts';
import { SweepView, placeKey } from './view.ts';
import { checkWhole } from './whole.ts';

export interface SweepRun {
  readonly report: SweepReport;
  /** `partial`: some lists could not be read; `failed`: none could. */
  readonly result: 'ok' | 'partial' | 'failed';
  /** One sentence for each thing that could not be read. */
  readonly warnings: readonly string[];
  /** Those of them that are about a list: what is not read there is not watched. */
  readonly unlisted: readonly string[];
}

/** Looks for the active faults of a cluster through its server's read tools. */
export interface SweepRunner {
  /** `serverCluster`: the server's own name for its cluster, part of the fault ids; empty when unknown. */
  run(
    cluster: string,
    tools: ToolCaller,
    serverCluster: string,
    active: readonly FaultEpisode[],
    signal: AbortSignal,
  ): Promise<SweepRun>;
  /** The cluster is not swept any more: what was remembered of it goes. */
  forget?(cluster: string): void;
}

export interface SweepEnd extends SweepRun {
  /** Tools called. */
  readonly calls: number;
}

export interface SweeperOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<SweepLimits>;
  /** One call of a tool, ms. */
  readonly callTimeoutMs?: number;
}

/**
 * Looks for the active faults of a cluster through its server's read tools (CON-5): lists, then suspects one by one,
 * then detectors on full objects, then what became of the faults that stood before.
 */
export class Sweeper implements SweepRunner {
  readonly #clock: Clock;
  readonly #limits: SweepLimits;
  readonly #callTimeoutMs: number;
  readonly #memories = new Map<string, SweepMemory>();

  constructor(options: SweeperOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...sweepLimits, ...options.limits };
    this.#callTimeoutMs = options.callTimeoutMs ?? 30_000;
  }

  forget(cluster: string): void {
    this.#memories.delete(cluster);
  }

  /** Rejects only when the signal ends. `serverCluster`: the server's own name for its cluster, empty when unknown. */
  async run(
    cluster: string,
    tools: ToolCaller,
    serverCluster: string,
    active: readonly FaultEpisode[],
    signal: AbortSignal,
  ): Promise<SweepEnd> {
    const at = this.#clock.now();
    const reader = new McpReader(tools, { timeoutMs: this.#callTimeoutMs });
    const memory = this.#memories.get(cluster) ?? new SweepMemory();
    this.#memories.set(cluster, memory);
    const started = this.#clock.monotonic();
    const isOver = (): boolean => this.#clock.monotonic() - started > this.#limits.maxMs;
    const work = { reader, limits: this.#limits, turns: memory.turns, now: at, isOver };
    const lists = await checkWhole(work, await readLists(work, signal), memory.coverage, started, signal);
    const unlisted = this.#cut([...lists.failures.map(failureText), ...truncations(lists)]);
    if (![...lists.kinds.values()].some((list) => list.read)) {
      return { report: empty(cluster, at), result: 'failed', warnings: unlisted, unlisted, calls: reader.calls };
    }
    const warnings = [...lists.failures.map(failureText), ...truncations(lists)];
    const view = new SweepView(lists, at);
    warnings.push(...(await readSuspects(reader, view, active, { ...work, memory }, signal)));
    const findings = findAll(view);
    if (findings.length > this.#limits.maxFindings) {
      warnings.push(
        `${findings.length - this.#limits.maxFindings} findings over the limit of ${this.#limits.maxFindings}`,
      );
    }
    const stand = new Set(active.map((episode) => episode.faultId));
    const source = { cluster, serverCluster, source: 'sweep', now: at } as const;
    const signals = findings.map((finding) => underKnownId(finding, signalOf(finding, source), stand));
    const found = { ids: new Set(signals.map((one) => one.faultId)), faulty: faultyOf(findings) };
    const seen = active.map((episode) => ({ episodeId: episode.id, observation: observe(episode, view, found) }));
    const { observations, doubt } = await memory.losses.confirm(reader, seen, started, signal);
    if (doubt !== null) warnings.push(doubt);
    return {
      report: { cluster, at, findings: this.#bounded(signals, active, memory.turns), observations },
      result: warnings.length > 0 ? 'partial' : 'ok',
      warnings: this.#cut(warnings),
      unlisted,
      calls: reader.calls,
    };
  }

  /** Faults that stand already come first, so that a flood of new ones does not push them out; all take turns. */
  #bounded(signals: readonly FaultSignal[], active: readonly FaultEpisode[], turns: Turns): readonly FaultSignal[] {
    const max = this.#limits.maxFindings;
    if (signals.length <= max) return signals;
    const known = new Set(active.map((episode) => episode.faultId));
    const [stand, fresh] = [true, false].map((is) => signals.filter((one) => known.has(one.faultId) === is));
    const half = Math.max(Math.ceil(max / 2), max - (fresh?.length ?? 0));
    const first = turns.take('findings that stand', stand ?? [], half, signalKey);
    return [...first, ...turns.take('new findings', fresh ?? [], max - first.length, signalKey)];
  }

  #cut(warnings: readonly string[]): readonly string[] {
    const max = this.#limits.maxWarnings;
    if (warnings.length <= max) return warnings;
    return [...warnings.slice(0, max), `and ${plural(warnings.length - max, 'warning')} more`];
  }
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

function failureText(failure: ListFailure): string {
  const where = failure.namespace === null ? '' : ` of namespace ${failure.namespace}`;
  return `${failure.kind} list${where} could not be read (${failure.failure}): ${failure.message}`;
}

function truncations(lists: ClusterLists): string[] {
  const cut = [...lists.kinds.values()].filter((list) => list.truncated);
  return cut.map(
    (list) => `only the first ${list.objects.length + list.rows.length} of kind ${list.kind} were looked at`,
  );
}

function empty(cluster: string, at: number): SweepReport {
  return { cluster, at, findings: [], observations: [] };
}
