import type { AgentEnd, BreakerPolicy } from '../../domain/agent-limits.ts';
import { oneLine } from '../../lib/text.ts';
import type { Defect } from '../output/defects.ts';
import type { RunContext } from './run-context.ts';

/** What says nothing about the agent: it was our limit, our checker, or our process that ended. */
const notTheAgents: ReadonlySet<Defect> = new Set(['over_budget', 'too_many_attempts', 'check_failed']);

/**
 * What the breaker of the agent hears of a run. Every defect of an agent counts as its failure, one of the engine and the
 * time limit too; not what we did, and not a run in a cluster that could not be read.
 */
export function agentEnd(context: RunContext, breaker: BreakerPolicy): AgentEnd | null {
  const { agent, defects } = context;
  if (agent.cli === 'builtin') return null;
  const [first] = defects;
  const detail = first === undefined ? '' : oneLine(`${first.defect}: ${first.detail}`, 300);
  return { agent: agent.cli, end: endOf(context), detail, breaker };
}

function endOf({ admission, agentRun, defects, delivered, evidence }: RunContext): AgentEnd['end'] {
  if (defects.some(({ defect }) => defect === 'breaker_open')) return 'refused';
  if (admission === null || agentRun === null) return 'not_counted';
  if (delivered?.outcome === 'answered') return 'worked';
  if (defects.some(({ defect }) => notTheAgents.has(defect))) return 'not_counted';
  const unread = evidence !== null && evidence.files.length === 0 && evidence.missing.length > 0;
  return unread ? 'not_counted' : 'failed';
}
