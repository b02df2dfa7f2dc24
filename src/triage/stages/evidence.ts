import { analystRequest } from '../../domain/decide/analyst-request.ts';
import type { Analyst, Evidence } from '../../domain/ports.ts';
import { errorText } from '../../lib/problem.ts';
import type { Clock } from '../../lib/clock.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import { boundEvidence } from '../workspace/bound-evidence.ts';
import { type RunContext, type Stage, withFailure } from './run-context.ts';

/** The collector bounds its own requests; this is for one that does not. */
const collectLimitMs = 120_000;

/** Reads the cluster once (Analyst.collect) and puts the files under `evidence/`. */
export function evidenceStage(analyst: Analyst, clock: Clock): Stage {
  return {
    name: 'evidence',
    async run(context, signal) {
      const collected = await collect(context, analyst, clock, signal);
      const evidence = boundEvidence(collected.evidence);
      let next: RunContext = { ...context, evidence };
      if (collected.error !== null) next = withFailure(next, 'evidence', collected.error);
      try {
        for (const file of evidence.files) {
          signal.throwIfAborted();
          await context.workspace.write(file.path, file.text);
        }
      } catch (error) {
        signal.throwIfAborted();
        next = withFailure(next, 'evidence', errorText(error));
      }
      const { files, missing, apiCalls } = evidence;
      context.events.add('evidence_collected', { files: files.length, missing: missing.length, api_calls: apiCalls });
      return next;
    },
  };
}

/** The collector should not reject; if it does, the analyst still says what it could not see. */
async function collect(
  context: RunContext,
  analyst: Analyst,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ evidence: Evidence; error: string | null }> {
  try {
    const { claim, cluster } = context;
    const request = analystRequest(claim.incident, claim.faults, cluster?.kubectl ?? []);
    const evidence = await withTimeLimit(clock, collectLimitMs, signal, (inner) =>
      analyst.collect(request, context.redact, inner),
    );
    return { evidence, error: null };
  } catch (error) {
    signal.throwIfAborted();
    const text = context.redact.text(errorText(error));
    return { evidence: { files: [], missing: [`all evidence: ${text}`], apiCalls: 0 }, error: text };
  }
}
