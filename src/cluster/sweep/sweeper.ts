import type { ToolCaller } from '../../domain/ports.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { McpReader } from '../../kube/read/mcp-reader.ts';
import { type SweepLimits, sweepLimits } from './limits.ts';
import { readLists } from './lists.ts';
import { lookAt, type SweepRun } from './look.ts';
import { SweepMemory } from './memory.ts';
import type { EventsOf } from './reads.ts';
import { checkWhole } from './whole.ts';

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
    const source = { cluster, serverCluster, source: 'sweep', now: at } as const;
    const eventsOf: EventsOf = (reason, stop) =>
      reader.listAsGiven('v1', 'Event', { fieldSelector: `reason=${reason}` }, stop);
    const plan = { ...work, memory, source, started, current: false, eventsOf };
    const { run } = await lookAt(lists, active, plan, signal);
    return { ...run, calls: reader.calls };
  }
}
