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
import { LossWatch } from './loss.ts';
import { observe } from './observe.ts';
import type { SweepRun } from './runner.ts';
import { readSuspects } from './reads.ts';
import { SweepView, placeKey } from './view.ts';
import { checkWhole, type Coverage } from './whole.ts';

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
 * Looks for the standing faults of a cluster through its server's read tools (CON-5): lists, then suspects one by one,
 * then detectors on full objects, then what became of the faults that stood before.
 */
export class Sweeper {
  readonly #clock: Clock;
  readonly #limits: SweepLimits;
  readonly #callTimeoutMs: number;
  /** Where the turn of healthy-looking nodes is, by cluster. */
  readonly #nodeTurns = new Map<string, number>();
  /** What earlier sweeps know of each cluster. */
  readonly #coverage = new Map<string, Coverage>();
  readonly #losses = new Map<string, LossWatch>();

  constructor(options: SweeperOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...sweepLimits, ...options.limits };
    this.#callTimeoutMs = options.callTimeoutMs ?? 30_000;
  }

  /** Rejects only when the signal ends. `serverCluster`: the server's own name for its cluster, empty when unknown. */
  async run(
    cluster: string,
    tools: ToolCaller,
    serverCluster: string,
    standing: readonly FaultEpisode[],
    signal: AbortSignal,
  ): Promise<SweepEnd> {
    const at = this.#clock.now();
    const reader = new McpReader(tools, { timeoutMs: this.#callTimeoutMs });
    const listed = await readLists(reader, this.#limits, signal);
    const coverage: Coverage = this.#coverage.get(cluster) ?? new Map();
    this.#coverage.set(cluster, coverage);
    const time = { monotonic: this.#clock.monotonic(), limits: this.#limits };
    const lists = await checkWhole(reader, listed, coverage, time, signal);
    const unlisted = this.#cut([...lists.failures.map(failureText), ...truncations(lists)]);
    if (![...lists.kinds.values()].some((list) => list.read)) {
      return { report: empty(cluster, at), result: 'failed', warnings: unlisted, unlisted, calls: reader.calls };
    }
    const warnings = [...lists.failures.map(failureText), ...truncations(lists)];
    const view = new SweepView(lists, at);
    const turn = this.#nodeTurns.get(cluster) ?? 0;
    this.#nodeTurns.set(cluster, turn + this.#limits.nodesInTurn);
    warnings.push(...(await readSuspects(reader, view, standing, { limits: this.#limits, now: at, turn }, signal)));
    const findings = findAll(view);
    if (findings.length > this.#limits.maxFindings) {
      warnings.push(
        `${findings.length - this.#limits.maxFindings} findings over the limit of ${this.#limits.maxFindings}`,
      );
    }
    const source = { cluster, serverCluster, source: 'sweep', now: at } as const;
    const signals = findings.map((finding) => signalOf(finding, source));
    const found = { ids: new Set(signals.map((one) => one.faultId)), faulty: faultyOf(findings) };
    const losses = this.#losses.get(cluster) ?? new LossWatch();
    this.#losses.set(cluster, losses);
    const seen = standing.map((episode) => ({ episodeId: episode.id, observation: observe(episode, view, found) }));
    const { observations, doubt } = await losses.confirm(reader, seen, time.monotonic, signal);
    if (doubt !== null) warnings.push(doubt);
    return {
      report: { cluster, at, findings: this.#bounded(signals, standing), observations },
      result: warnings.length > 0 ? 'partial' : 'ok',
      warnings: this.#cut(warnings),
      unlisted,
      calls: reader.calls,
    };
  }

  /** Faults that stand already come first, so that a flood of new ones does not push them out. */
  #bounded(signals: readonly FaultSignal[], standing: readonly FaultEpisode[]): readonly FaultSignal[] {
    if (signals.length <= this.#limits.maxFindings) return signals;
    const known = new Set(standing.map((episode) => episode.faultId));
    const first = signals.filter((one) => known.has(one.faultId));
    const rest = signals.filter((one) => !known.has(one.faultId));
    return [...first, ...rest].slice(0, this.#limits.maxFindings);
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
