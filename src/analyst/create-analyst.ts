import type { Analyst, Answer, CheckedVerdict } from '../domain/ports.ts';
import type { ClusterReader } from '../kube/cluster-reader.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Logger, silentLogger } from '../lib/log.ts';
import { answerFor } from './answer.ts';
import { checkVerdict } from './claims/check-verdict.ts';
import { type BudgetLimits, defaultBudget } from './evidence/cluster-walk.ts';
import { collectEvidence } from './evidence/collect-evidence.ts';

export interface AnalystDeps {
  /** Readers of a cluster in the order of preference: its API, then its MCP server's read tools. */
  readonly readersFor: (cluster: string) => readonly ClusterReader[];
  /** What one collection may cost; each part has a default. */
  readonly budget?: Partial<BudgetLimits>;
  /** What is different of it for a cluster. */
  readonly budgetOf?: (cluster: string) => Partial<BudgetLimits>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** The analyst that works where it is called: its answers are there at once. `thread/in-thread.ts` takes them elsewhere. */
export interface LocalAnalyst extends Pick<Analyst, 'collect'> {
  readonly analyse: (...args: Parameters<Analyst['analyse']>) => Answer;
  readonly check: (...args: Parameters<Analyst['check']>) => CheckedVerdict;
}

/** The built-in analyst: reads evidence within a budget and draws its answer from that alone. */
export function createAnalyst(deps: AnalystDeps): LocalAnalyst {
  const clock = deps.clock ?? systemClock;
  const logger = deps.logger ?? silentLogger;
  return {
    collect: async (request, redact, signal) => {
      const started = clock.monotonic();
      const { cluster, incidentId } = request;
      const readers = deps.readersFor(cluster);
      const limits = { ...defaultBudget, ...deps.budget, ...deps.budgetOf?.(cluster) };
      const evidence = await collectEvidence(request, { readers, limits, clock, redact }, signal);
      logger.info(
        {
          cluster,
          incident: incidentId,
          requests: evidence.apiCalls,
          files: evidence.files.length,
          missing: evidence.missing.length,
          ms: Math.round(clock.monotonic() - started),
        },
        'evidence collected',
      );
      return evidence;
    },
    analyse: answerFor,
    check: checkVerdict,
  };
}
