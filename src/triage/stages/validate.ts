import type { Analyst, Answer, CheckedVerdict } from '../../domain/ports.ts';
import { forCluster, markdownForCluster } from '../../domain/decide/kubectl-access.ts';
import { fallbackWords } from '../../domain/decide/fallback-words.ts';
import type { Findings } from '../../domain/verdict/findings.ts';
import { impactWords } from '../../domain/verdict/impact-words.ts';
import type { AnswerSummary } from '../../domain/records.ts';
import { usedUp } from '../../domain/decide/budget.ts';
import { errorText } from '../../lib/problem.ts';
import { utcTime } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import { findingsOfAgent } from '../../report/evidence/findings.ts';
import { plainText } from '../../report/markdown-text.ts';
import { checkOutput } from '../output/check-output.ts';
import type { FoundDefect } from '../output/defects.ts';
import { stormMembers, stormSummary } from '../output/storm-section.ts';
import { type DeliveredAnswer, type RunContext, type Stage, withFailure } from './run-context.ts';

const nothing = { files: [], missing: [], apiCalls: 0 };

/** Decides whose answer is delivered: the agent's when it holds, else the built-in analyst's, marked as such. */
export function validateStage(analyst: Analyst): Stage {
  return {
    name: 'validate',
    async run(context) {
      if (context.agent.cli === 'builtin') {
        return context.builtin === null ? context : deliver(context, fromBuiltin(context.builtin, 'answered'));
      }
      if (context.agentRun === null) return fallback(context);
      const { served, builtin, workspace } = context;
      const known = { evidence: context.evidence ?? nothing, served, builtin: builtin?.verdict ?? null };
      try {
        // An agent can print what it was given; from here on it is not in its answer.
        const checked = await checkOutput(context.agentRun, workspace.dir, known, analyst);
        const output = context.redact.value(checked);
        if (output.kind === 'good') return await deliver(context, fromAgent(output, context));
        return await fallback({ ...context, defects: [...context.defects, ...output.defects] });
      } catch (error) {
        const failed = withFailure(context, 'validate', errorText(error));
        return fallback({ ...failed, defects: [{ defect: 'check_failed', detail: errorText(error) }] });
      }
    },
  };
}

/** The built-in analyst's report in place of the agent's. */
async function fallback(context: RunContext): Promise<RunContext> {
  const defects = fallbackDefects(context);
  context.events.add('fallback', { agent: context.agent.cli, defects });
  await context.workspace.clearOutput().catch(() => {});
  const next = { ...context, defects };
  if (context.builtin === null) return next;
  return deliver(next, fromBuiltin(context.builtin, 'fallback', note(context, defects)));
}

/** Why the agent's answer is not delivered, the reason of the others first. */
function fallbackDefects({ defects, failures, admission }: RunContext): readonly FoundDefect[] {
  const spent = admission === null ? null : usedUp(admission.meter.spent, admission.budget);
  if (spent !== null) return [{ defect: 'over_budget', detail: spent }, ...defects];
  if (defects.length > 0) return defects;
  const failure = failures.find(({ stage }) => stage === 'agent' || stage === 'admission');
  return [{ defect: 'not_started', detail: failure?.error ?? '' }];
}

async function deliver(context: RunContext, answer: DeliveredAnswer): Promise<RunContext> {
  const { storm } = context.claim;
  const [before, after] = storm === undefined ? ['', ''] : [stormSummary(storm), stormMembers(storm)];
  const markdown = `${runbookList(context)}${before}${answer.markdown}${after}`;
  const runbooks = context.runbooks.map(({ title, path }) => ({ title, path }));
  const delivered: DeliveredAnswer = { ...answer, markdown, findings: { ...answer.findings, runbooks } };
  context.events.add('answered', {
    outcome: delivered.outcome,
    causes: delivered.verdict.causes.length,
    remarks: delivered.checked?.remarks ?? [],
  });
  if (delivered.checked === null) {
    // The artifact store gets the answer from memory; this copy is for whoever looks into the workspace.
    await context.workspace.write('output/investigation.md', delivered.markdown).catch(() => {});
    await context.workspace
      .write('output/verdict.json', `${JSON.stringify(delivered.verdict, null, 2)}\n`)
      .catch(() => {});
  }
  return { ...context, delivered };
}

function fromBuiltin(answer: Answer, outcome: 'answered' | 'fallback', mark = ''): DeliveredAnswer {
  const { verdict, summary, findings } = answer;
  return { outcome, markdown: `${mark}${answer.markdown}`, verdict, summary, findings, ownText: null, checked: null };
}

/** The commands of its verdict name the cluster, as those of the built-in analyst do. */
function fromAgent(
  output: { readonly markdown: string; readonly checked: CheckedVerdict },
  { cluster, builtin, evidence, served }: RunContext,
): DeliveredAnswer {
  const kubectl = cluster?.kubectl ?? [];
  const ownText = markdownForCluster(output.markdown, kubectl);
  const remediation = output.checked.verdict.remediation.map((step) => ({
    ...step,
    command: step.command === null ? null : forCluster(step.command, kubectl),
    undo: step.undo === null ? null : forCluster(step.undo, kubectl),
  }));
  const checked = { ...output.checked, verdict: { ...output.checked.verdict, remediation } };
  const findings = findingsOfAgent(checked, builtin, [...(evidence?.files ?? []), ...served]);
  return {
    outcome: 'answered',
    markdown: `${impactNote(findings)}${remarks(checked)}${ownText}`,
    verdict: checked.verdict,
    summary: summaryOf(checked),
    findings,
    ownText,
    checked,
  };
}

/** Titles and paths are of the people who wrote them; what could be Markdown in them is shown as it stands. */
function runbookList({ runbooks }: RunContext): string {
  if (runbooks.length === 0) return '';
  const plain = (text: string): string => `\`${oneLine(text, 300).replaceAll('`', "'")}\``;
  const items = runbooks.map(({ title, path }) => `> - ${plain(title)} (${plain(path)})`);
  return `${['> **Runbooks that match**', '>', ...items].join('\n')}\n\n`;
}

/** What still served when the evidence was read, as the rules counted it; names in it are of the cluster. */
function impactNote({ impact }: Findings): string {
  if (impact === null) return '';
  const at = impact.at === null ? '' : ` (${utcTime(impact.at)})`;
  return `> **Impact${at}:** ${plainText(impactWords(impact), 800)}\n\n`;
}

function remarks(checked: CheckedVerdict): string {
  if (checked.remarks.length === 0) return '';
  const lines = checked.remarks.map((remark) => `> - ${oneLine(remark, 500)}`);
  const head = `> **Causes that stand in the evidence as said: ${checked.claimsBacked} of ${checked.claims}.**`;
  return `${[head, '>', ...lines].join('\n')}\n\n`;
}

function note({ agent, agentRun }: RunContext, found: readonly FoundDefect[]): string {
  const [first] = found;
  const why = fallbackWords(first?.defect, oneLine(first?.detail ?? '', 300));
  const names = [...new Set(found.map(({ defect }) => `\`${defect}\``))].join(', ');
  const refused =
    agentRun === null
      ? ''
      : ' What it wrote, if anything, was refused and is kept beside this report, as `investigation.agent.md` and `verdict.agent.json`.';
  return `> **Built-in analyst's report.** The agent \`${agent.cli}\` ${why} (${names}). This report was made by rules over the evidence, without a model.${refused}\n\n`;
}

function summaryOf(checked: CheckedVerdict): AnswerSummary {
  const { verdict, claims, claimsBacked } = checked;
  const first = verdict.causes[0];
  return {
    evidence: (first?.evidence ?? []).slice(0, 3).map((ref) => `${oneLine(ref.quote, 200)} (${ref.file})`),
    nextSteps: verdict.remediation.slice(0, 3).map((step) => ({
      text: oneLine(step.action, 300),
      command: step.command === null ? null : oneLine(step.command, 300),
      reversible: step.reversible,
      undo: step.undo === null ? null : oneLine(step.undo, 300),
    })),
    claimsBacked,
    claims,
    missing: verdict.missing.slice(0, 10),
  };
}
