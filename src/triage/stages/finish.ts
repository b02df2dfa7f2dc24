import type { BreakerPolicy } from '../../domain/agent-limits.ts';
import type { RunResult } from '../../domain/records.ts';
import type { RunStore } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import type { FoundDefect } from '../output/defects.ts';
import { untilStored } from '../workspace/until-stored.ts';
import { agentEnd } from './agent-end.ts';
import { runResult } from './run-result.ts';
import type { Stage } from './run-context.ts';

export interface FinishStageOptions {
  readonly store: Pick<RunStore, 'finishRun'>;
  readonly clock: Clock;
  readonly breaker: () => BreakerPolicy;
  /** Told when it is written. */
  readonly onEnd: (result: RunResult, defects: readonly FoundDefect[]) => void;
  /** Told at each attempt that the store refused. */
  readonly onUnavailable: (error: unknown) => void;
}

/**
 * Ends the run in the state store; the same transaction puts its messages into the outbox. Tried until it is written or
 * the run is handed back.
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
      const write = () => options.store.finishRun(claim.run.id, result, options.clock.now(), end);
      await untilStored(write, options.clock, signal, (error, attempt) => {
        options.onUnavailable(error);
        context.events.add('finish_failed', { attempt, error: errorText(error) });
      });
      options.onEnd(result, context.defects);
      context.events.add('finished', { outcome: result.outcome, report: result.report });
      return context;
    },
  };
}
