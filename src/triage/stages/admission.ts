import type { AgentStore, BreakerPolicy, Spent } from '../../domain/agent-limits.ts';
import { errorText } from '../../lib/problem.ts';
import { SpendMeter } from '../workspace/spend-meter.ts';
import { type RunContext, type Stage, withFailure } from './run-context.ts';

export interface AdmissionStageOptions {
  readonly store: AgentStore;
  readonly breaker: () => BreakerPolicy;
  readonly now: () => number;
  /** Told of what one answer of a model used. */
  readonly onSpend: (agent: string, spend: Spent) => void;
}

/** An agent whose runs the process did not survive is not started again for ever. */
const maxAttempts = 5;

/**
 * Asks whether the agent of this run may be started: not over a budget (INT-4), and not while its breaker is open (TRI-7).
 * When the store cannot say, it is not started: the analyst answers.
 */
export function admissionStage({ store, breaker, now, onSpend }: AdmissionStageOptions): Stage {
  return {
    name: 'admission',
    async run(context) {
      const { agent, claim, budget, events, redact } = context;
      if (agent.cli === 'builtin') return context;
      const { id: runId, attempt } = claim.run;
      if (attempt > maxAttempts) {
        return withDefect(context, 'too_many_attempts', `attempt ${attempt}`);
      }
      try {
        const admission = await store.admitAgent({ runId, agent: agent.cli, budget, breaker: breaker() }, now());
        events.add('agent_admission', admission);
        if (admission.kind === 'refused') return withDefect(context, admission.reason, redact.text(admission.detail));
        const meter = new SpendMeter({
          save: (spent) => store.saveSpend(runId, spent),
          onSpend: (spent) => onSpend(agent.cli, spent),
          failed: (error) => events.add('spend_not_written', { error: errorText(error) }),
        });
        return { ...context, admission: { budget: admission.budget, meter } };
      } catch (error) {
        return withFailure(context, 'admission', errorText(error));
      }
    },
  };
}

function withDefect(
  context: RunContext,
  defect: 'too_many_attempts' | 'over_budget' | 'breaker_open',
  detail: string,
): RunContext {
  return { ...context, defects: [...context.defects, { defect, detail }] };
}
