import { usedUp } from '../../domain/decide/budget.ts';
import type { AgentJob, EvidenceFile } from '../../domain/ports.ts';
import { formDefects } from '../output/check-output.ts';
import type { FoundDefect } from '../output/defects.ts';
import { repairPrompt } from '../prompt/repair-prompt.ts';
import type { RunContext } from './run-context.ts';

/** CLIs that take up a task with their old files beside them. A command of one's own would do the same again. */
const takeUp: ReadonlySet<string> = new Set(['claude', 'codex', 'gemini', 'goose']);
/** With less of its time limit left an agent is not asked again, ms. */
const minRepairMs = 30_000;

/** How the agent is run once more: another task, and what is left of the time. */
export type RepairJob = Pick<AgentJob, 'promptFile' | 'timeoutMs'>;

/**
 * One repair turn, at most: an agent that ended well and left files of the wrong form is told its defects and runs again,
 * within the time and the budget of its run. Not after a time limit, a kill or an error, and not for what it claims.
 */
export async function repaired(
  context: RunContext,
  served: readonly EvidenceFile[],
  again: (job: RepairJob) => Promise<RunContext>,
): Promise<RunContext> {
  const { agentRun, agent, evidence, workspace, events, redact } = context;
  if (agentRun === null || !takeUp.has(agent.cli)) return context;
  const known = { evidence: evidence ?? { files: [], missing: [], apiCalls: 0 }, served, builtin: null };
  const defects = await formDefects(agentRun, workspace.dir, known);
  if (defects === null) return context;
  const timeoutMs = Math.round(agent.timeoutMs - agentRun.durationMs);
  const refused = reasonAgainst(context, timeoutMs);
  if (refused !== null) {
    events.add('repair_not_tried', { defects: redact.value(defects), reason: refused });
    return context;
  }
  await workspace.clearOutput();
  const told = redact.text(repairPrompt(context, defects, agent.runner === 'docker'));
  await workspace.write('repair.md', told);
  events.add('repair_started', { defects: redact.value<readonly FoundDefect[]>(defects), timeout_ms: timeoutMs });
  return { ...(await again({ promptFile: 'repair.md', timeoutMs })), repairs: 1 };
}

function reasonAgainst({ admission }: RunContext, timeoutMs: number): string | null {
  if (timeoutMs < minRepairMs) return 'the time limit is near';
  return admission === null ? 'the agent was not admitted' : usedUp(admission.meter.spent, admission.budget);
}
