import { Gauge, type Registry } from 'prom-client';
import type { StandingProblem } from '../../domain/wire/cluster.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Every, every } from '../../lib/every.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText, type Problem, type ProblemKind } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { causesOf } from './registry.ts';
import { severityOf } from './run-checks.ts';

/** A problem that somebody sees now; `cluster` null: of no cluster. */
export interface SeenProblem {
  readonly cluster: string | null;
  readonly problem: Problem;
}

export interface StandingProblemsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Every kind by its code: severity, and how long one has to stand before it is shown. */
  readonly kinds: ReadonlyMap<string, ProblemKind>;
  /** Codes whose part says itself in the log, at once, when they begin and when they are gone. */
  readonly saidElsewhere: ReadonlySet<string>;
  /** What is seen now. What it throws leaves everything as it was. */
  readonly see: () => Promise<readonly SeenProblem[]>;
}

interface Standing {
  readonly cluster: string | null;
  problem: Problem;
  /** When it was seen first, ms since the epoch. */
  readonly since: number;
  /** It was said in the log. */
  isLogged: boolean;
}

const lookEveryMs = 15_000;
/** Problems that are remembered: more of them tell nobody more. */
const maxStanding = 10_000;
const maxSaid = 500;

/**
 * What is wrong with a running daemon, in one place for all who show it: health, the log (one line when a problem begins,
 * one when it is gone), the metric. A problem is shown when it has stood for the time of its kind, and hidden while one
 * that it follows from stands.
 */
export class StandingProblems {
  readonly #options: StandingProblemsOptions;
  readonly #standing = new Map<string, Standing>();
  readonly #looks: Every;
  #looking: Promise<void> | null = null;
  #shown: readonly Standing[] = [];

  constructor(options: StandingProblemsOptions) {
    this.#options = options;
    const { clock, logger } = options;
    const failed = (error: unknown): void =>
      logger.warn({ error: errorText(error) }, 'problems could not be looked at');
    this.#looks = every({ clock, intervalMs: lookEveryMs, failed, atOnce: true }, () => this.#look());
    const gauge = new Gauge({
      name: 'nightcrier_check_failing',
      help: 'Problems that stand now and are shown, by code; each cluster counts.',
      labelNames: ['code'],
      registers: [options.registry],
      collect: () => {
        for (const code of options.kinds.keys()) gauge.set({ code }, 0);
        for (const { problem } of this.#shown) gauge.inc({ code: problem.code });
      },
    });
  }

  start(): void {
    this.#looks.start();
  }

  async stop(): Promise<void> {
    await this.#looks.stop();
    await this.#looking;
  }

  /** Looks, then gives what is shown. Never rejects: what cannot be looked at stays as it was. */
  async current(): Promise<readonly StandingProblem[]> {
    await this.#look().catch(() => {});
    return this.#shown.map(({ cluster, problem, since }) => {
      const { code, message, fix } = problem;
      return { cluster, code, message, fix, severity: severityOf(this.#options.kinds.get(code)), since };
    });
  }

  /** One look at a time; who comes meanwhile gets what it finds. */
  async #look(): Promise<void> {
    this.#looking ??= this.#see().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #see(): Promise<void> {
    const seen = (await this.#options.see()).slice(0, maxStanding);
    const now = this.#options.clock.now();
    const keys = new Set<string>();
    for (const { cluster, problem } of seen) {
      const key = JSON.stringify([cluster, problem.code, problem.fix]);
      keys.add(key);
      const known = this.#standing.get(key);
      if (known === undefined) this.#standing.set(key, { cluster, problem, since: now, isLogged: false });
      else known.problem = problem;
    }
    for (const [key, standing] of this.#standing) {
      if (keys.has(key)) continue;
      this.#standing.delete(key);
      if (standing.isLogged && !this.#isSaid(standing))
        this.#options.logger.info(fieldsOf(standing), 'a problem is gone');
    }
    this.#show(now);
  }

  #show(now: number): void {
    const ripe = [...this.#standing.values()].filter((one) => now - one.since >= this.#visibleAfter(one));
    const codes = new Set(ripe.map((one) => placed(one.cluster, one.problem.code)));
    const isCaused = ({ cluster, problem }: Standing): boolean =>
      [...causesOf(problem.code)].some((code) => codes.has(placed(cluster, code)) || codes.has(placed(null, code)));
    this.#shown = ripe.filter((one) => !isCaused(one));
    for (const one of this.#shown) {
      if (one.isLogged) continue;
      one.isLogged = true;
      if (this.#isSaid(one)) continue;
      this.#options.logger.warn({ ...fieldsOf(one), fix: oneLine(one.problem.fix, maxSaid) }, 'a problem stands');
    }
  }

  #isSaid({ problem }: Standing): boolean {
    return this.#options.saidElsewhere.has(problem.code);
  }

  #visibleAfter({ problem }: Standing): number {
    return this.#options.kinds.get(problem.code)?.visibleAfterMs ?? 0;
  }
}

function fieldsOf({ cluster, problem }: Standing): Record<string, string> {
  const detail = oneLine(problem.message, maxSaid);
  return { code: problem.code, ...(cluster === null ? {} : { cluster }), detail };
}

function placed(cluster: string | null, code: string): string {
  return JSON.stringify([cluster, code]);
}
