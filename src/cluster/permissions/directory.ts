import { isDeepStrictEqual } from 'node:util';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { DomainEvents } from '../../domain/events.ts';
import type { PermissionDirectory, PermissionSnapshot } from '../../domain/permissions.ts';
import { backoffDelay } from '../../lib/backoff.ts';
import type { Emitter } from '../../lib/emitter.ts';
import { type Looked, WorkLoop } from '../../lib/work-loop.ts';
import type { PermissionsConfig } from '../config.ts';
import { type PermissionTarget, type ProbeOptions, probePermissions } from './probe.ts';

export interface PermissionDirectoryOptions extends ProbeOptions {
  /** Clusters with triage enabled. */
  readonly targets: readonly PermissionTarget[];
  /** As it is configured now. */
  readonly config: () => PermissionsConfig;
  readonly events: Emitter<DomainEvents>;
  readonly random?: () => number;
}

interface Entry {
  readonly target: PermissionTarget;
  snapshot: PermissionSnapshot | null;
  /** Times in a row without an answer. */
  silent: number;
  /** When to ask, by the monotonic clock; null while it is being asked. */
  dueAt: number | null;
  /** Somebody waits for the first answer. */
  wanted: boolean;
  readonly waiting: Set<() => void>;
}

/** A cluster that has not answered yet gets this long at first: one that is dead must not hold a process up. */
const firstLimitMs = 2500;
const again = { initialMs: 5000, maxMs: 10 * 60_000 };

/**
 * Knows what the credentials of all clusters may do (PER-1 to PER-3). Asks beside everything else with at most
 * `max_concurrent` processes, one cluster a process at a time; clusters that gave no answer come after all others and
 * are asked again with back-off; answers are refreshed at an interval. An answer that can no longer be had stays.
 */
export class KubectlPermissionDirectory implements PermissionDirectory {
  readonly #options: PermissionDirectoryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #loop: WorkLoop;

  constructor(options: PermissionDirectoryOptions) {
    this.#options = options;
    for (const target of options.targets) this.#entries.set(target.name, newEntry(target));
    this.#loop = new WorkLoop({
      clock: options.clock,
      look: () => Promise.resolve(this.#askDue()),
      retry: again,
      // Nothing in a look waits for anybody.
      failed: () => {},
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Ends what is being asked. Who still waits for a first answer gets null. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop.stop();
    for (const entry of this.#entries.values()) release(entry);
    await Promise.all(this.#running);
  }

  /**
   * These are the clusters from now on. One whose credential is another one is asked anew, as if it were new; the answers
   * of the others stay.
   */
  use(targets: readonly PermissionTarget[]): void {
    const wanted = new Map(targets.map((target) => [target.name, target]));
    for (const [name, entry] of this.#entries) {
      const target = wanted.get(name);
      if (target !== undefined && isSameTarget(target, entry.target)) continue;
      this.#entries.delete(name);
      release(entry);
    }
    for (const [name, target] of wanted) if (!this.#entries.has(name)) this.#entries.set(name, newEntry(target));
    this.#loop.wake();
  }

  /** Asks all clusters (or one) again as soon as there is room: on reload, by hand. */
  refresh(cluster?: string): void {
    const now = this.#options.clock.monotonic();
    for (const [name, entry] of this.#entries) {
      if (entry.dueAt !== null && (cluster === undefined || cluster === name)) entry.dueAt = now;
    }
    this.#loop.wake();
  }

  current(cluster: string): PermissionSnapshot | null {
    return this.#entries.get(cluster)?.snapshot ?? null;
  }

  /** The wait puts the cluster before others that nobody waits for. An answer of "unknown" is one, too. */
  firstAnswer(cluster: string): Promise<PermissionSnapshot | null> {
    const entry = this.#entries.get(cluster);
    if (!entry || entry.snapshot !== null || this.#stopping.signal.aborted) {
      return Promise.resolve(entry?.snapshot ?? null);
    }
    entry.wanted = true;
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        entry.waiting.delete(done);
        resolve(entry.snapshot);
      };
      const timer = this.#options.clock.setTimer(done, this.#options.config().timeout);
      entry.waiting.add(done);
      this.#loop.wake();
    });
  }

  /** Asks those that are due, as far as there is room. */
  #askDue(): Looked {
    const now = this.#options.clock.monotonic();
    const { max_concurrent: max } = this.#options.config();
    while (this.#running.size < max) {
      const next = nextDue(this.#entries.values(), now);
      if (!next) break;
      this.#run(next);
    }
    // Who makes room wakes the loop.
    if (this.#running.size >= max) return { againMs: null };
    const due = [...this.#entries.values()].flatMap((entry) => entry.dueAt ?? []);
    if (due.length === 0) return { againMs: null };
    return { againMs: Math.max(1, due.reduce((a, b) => Math.min(a, b)) - now) };
  }

  #run(entry: Entry): void {
    entry.dueAt = null;
    const task = this.#ask(entry).finally(() => {
      this.#running.delete(task);
      this.#loop.wake();
    });
    this.#running.add(task);
  }

  async #ask(entry: Entry): Promise<void> {
    const { clock, events, random = Math.random } = this.#options;
    const config = this.#options.config();
    const started = clock.monotonic();
    const limit =
      entry.silent === 0 && entry.snapshot === null ? Math.min(config.timeout, firstLimitMs) : config.timeout;
    const asked = await probePermissions(entry.target, limit, this.#options, this.#stopping.signal);
    // Meanwhile the cluster may have gone, or got another credential.
    if (this.#stopping.signal.aborted || this.#entries.get(entry.target.name) !== entry) return;
    const answered = asked.error === null;
    entry.silent = answered ? 0 : entry.silent + 1;
    entry.snapshot = merge(entry.snapshot, asked);
    entry.wanted = false;
    const ended = clock.monotonic();
    entry.dueAt = ended + (answered ? config.refresh : backoffDelay(again, entry.silent - 1, random));
    release(entry);
    events.emit('permissions:changed', {
      cluster: entry.target.name,
      snapshot: entry.snapshot,
      durationMs: ended - started,
    });
  }
}

/**
 * What was answered before stays true as far as we know while nobody answers. A partial answer replaces what it answers:
 * what it leaves open (what the credential can write, above all) stays as it was.
 */
function merge(before: PermissionSnapshot | null, asked: PermissionSnapshot): PermissionSnapshot {
  if (asked.error === null || before === null || before.minimum_met === null) return asked;
  if (asked.minimum_met === null) {
    const stale = `the permissions of ${before.validated_at} could not be asked again: ${asked.error}`;
    const warnings = before.warnings.filter((warning) => !warning.startsWith('the permissions of '));
    return { ...before, warnings: [...warnings, stale], error: asked.error };
  }
  return {
    ...asked,
    can_get_deployments: asked.can_get_deployments ?? before.can_get_deployments,
    can_get_services: asked.can_get_services ?? before.can_get_services,
    can_get_nodes: asked.can_get_nodes ?? before.can_get_nodes,
    can_get_secrets: asked.can_get_secrets ?? before.can_get_secrets,
    can_get_configmaps: asked.can_get_configmaps ?? before.can_get_configmaps,
    can_write: [...new Set([...before.can_write, ...asked.can_write])],
  };
}

function isSameTarget(a: PermissionTarget, b: PermissionTarget): boolean {
  const isSameFile = a.kubeconfig === b.kubeconfig && a.context === b.context;
  return isSameFile && a.allowSecrets === b.allowSecrets && isDeepStrictEqual(a.teleport ?? null, b.teleport ?? null);
}

function newEntry(target: PermissionTarget): Entry {
  return { target, snapshot: null, silent: 0, dueAt: 0, wanted: false, waiting: new Set() };
}

function release(entry: Entry): void {
  for (const done of entry.waiting) done();
}

/** The due entry to ask: never silent ones first, then those that somebody waits for, then the longest due. */
function nextDue(entries: Iterable<Entry>, now: number): Entry | null {
  let best: Entry | null = null;
  for (const entry of entries) {
    if (entry.dueAt === null || entry.dueAt > now) continue;
    if (best === null || isBefore(entry, best)) best = entry;
  }
  return best;
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.silent !== b.silent) return a.silent < b.silent;
  if (a.wanted !== b.wanted) return a.wanted;
  return (a.dueAt ?? 0) < (b.dueAt ?? 0);
}

const results = ['met', 'denied', 'unknown'] as const;
type PermissionResult = (typeof results)[number];

/** Whether the minimum for triage is there: an answer of no is `denied`, no answer is `unknown`. */
function permissionResult(snapshot: PermissionSnapshot): PermissionResult {
  if (snapshot.minimum_met === null) return 'unknown';
  return snapshot.minimum_met ? 'met' : 'denied';
}

/** Counts permission checks as they are told. Returns the function that takes the listener away. */
export function registerPermissionMetrics(registry: Registry, events: Emitter<DomainEvents>): () => void {
  const checks = new Counter({
    name: 'nightcrier_permission_checks_total',
    help: 'Times that the permissions of a cluster were asked, by result.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of results) checks.inc({ result }, 0);
  const durations = new Histogram({
    name: 'nightcrier_permission_check_duration_seconds',
    help: 'How long it takes to ask for the permissions of a cluster.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  return events.on('permissions:changed', ({ snapshot, durationMs }) => {
    checks.inc({ result: permissionResult(snapshot) });
    durations.observe(durationMs / 1000);
  });
}
