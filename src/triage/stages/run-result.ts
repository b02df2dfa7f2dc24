import type { RunUsage } from '../../domain/agent-gateway.ts';
import type { Spent } from '../../domain/agent-limits.ts';
import type { RunResult } from '../../domain/records.ts';
import type { RunContext } from './run-context.ts';

/** What the row of the run says of it, and so messages and the API, without secrets. */
export function runResult(context: RunContext, durationMs: number): RunResult {
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
    impact: delivered?.findings.impact ?? null,
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

/** The first cause as a sentence, or why it is no fault; null when no cause was found. */
function causeOf(delivered: RunContext['delivered']): string | null {
  if (delivered?.verdict.is_fault === false) return delivered.verdict.summary || null;
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
