import type { RunUsage } from '../../domain/agent-gateway.ts';
import type { BreakerPolicy, Spent } from '../../domain/agent-limits.ts';
import type { RunResult } from '../../domain/records.ts';
import { type RunStore, StoreUnavailableError } from '../../domain/state-store.ts';
import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import { type Clock, delay } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import type { FoundDefect } from '../output/defects.ts';
import { agentEnd } from './agent-end.ts';
import type { RunContext, Stage } from './run-context.ts';

export interface FinishStageOptions {
  readonly store: Pick<RunStore, 'finishRun'>;
  readonly clock: Clock;
  readonly breaker: () => BreakerPolicy;
  /** Told when it is written. */
  readonly onEnd: (result: RunResult, defects: readonly FoundDefect[]) => void;
  /** Told at each attempt that the store refused. */
  readonly onUnavailable: (error: unknown) => void;
}

const retry: BackoffPolicy = { initialMs: 500, maxMs: 30_000 };

/**
 * Ends the run in the state store; the same transaction puts its messages into the outbox. Tried until it is written or
 * the run is handed back: a result is never thrown away because a disk is full for a while.
 */
export function finishStage(options: FinishStageOptions): Stage {
  return {
    name: 'notify',
    async run(context, signal) {
      const { claim } = context;
      await context.admission?.meter.flush();
      // Messages and the API show what is in the row, and in that of the breaker.
      const end = context.redact.value(agentEnd(context, options.breaker()));
      const result = runResult(context, options.clock.monotonic() - context.startedAt);
      for (let attempt = 0; ; attempt += 1) {
        try {
          await options.store.finishRun(claim.run.id, result, options.clock.now(), end);
          break;
        } catch (error) {
          if (!(error instanceof StoreUnavailableError)) throw error;
          options.onUnavailable(error);
          context.events.add('finish_failed', { attempt: attempt + 1, error: errorText(error) });
          await delay(options.clock, backoffDelay(retry, attempt), signal);
        }
      }
      options.onEnd(result, context.defects);
      context.events.add('finished', { outcome: result.outcome, report: result.report });
      return context;
    },
  };
}

/** What the row of the run says of it, and so messages and the API, without secrets. */
function runResult(context: RunContext, durationMs: number): RunResult {
  const { agent, defects, failures, redact } = context;
  const delivered = redact.value(context.delivered);
  const failed = failures.map(({ stage, error }) => `${stage}: ${error}`);
  const found = defects.map(({ defect, detail }) => (detail === '' ? defect : `${defect}: ${detail}`));
  // Searched before it is cut: half a secret looks like nothing.
  const error = redact.text([...found, ...failed].join('; '));
  return {
    outcome: delivered?.outcome ?? 'failed',
    agent: agent.cli,
    model: agent.cli === 'builtin' ? null : agent.model,
    defects: [...new Set(defects.map(({ defect }) => defect))],
    isFault: delivered?.verdict.is_fault ?? null,
    cause: causeOf(delivered),
    confidence: delivered?.verdict.causes[0]?.confidence ?? null,
    rootCause: rootCauseOf(delivered),
    report: context.report,
    durationMs: Math.round(durationMs),
    error: error === '' ? null : error.slice(0, 2000),
    summary: delivered?.summary ?? null,
    repairs: context.repairs,
    usage: context.usage ?? usageOf(context.admission?.meter.spent),
    artifacts: context.artifacts,
  };
}

/** What models answered, where the gateway could not say more. */
function usageOf(spent: Spent | undefined): RunUsage | null {
  if (spent === undefined || spent.answers === 0) return null;
  return { turns: null, tokens: spent.tokens, usd: spent.unpriced > 0 ? null : spent.usd, requests: null };
}

/** The first cause as a sentence; null when none was found. */
function causeOf(delivered: RunContext['delivered']): string | null {
  return firstCause(delivered)?.statement ?? null;
}

/** The first cause as words that can be compared with those of other clusters. */
function rootCauseOf(delivered: RunContext['delivered']): NonNullable<RunResult['rootCause']> | null {
  const first = firstCause(delivered);
  return first === undefined ? null : { mechanism: first.mechanism, wrong_value: first.wrong_value };
}

function firstCause(delivered: RunContext['delivered']) {
  return (delivered?.verdict.causes ?? []).toSorted((a, b) => a.rank - b.rank)[0];
}
