import { rm } from 'node:fs/promises';
import type { AgentGateway, RunBudget, RunUsage } from '../../domain/agent-gateway.ts';
import { fallbackWords } from '../../domain/decide/fallback-words.ts';
import { isAskedBefore } from '../../domain/history.ts';
import type { AgentChoice, AgentRunner, EvidenceFile } from '../../domain/ports.ts';
import type { AgentQuestion, QuestionEnd } from '../../domain/question.ts';
import type { KeptReading, RulesAnswerer } from '../../domain/questions/kept-incident.ts';
import { incidentDetailJson } from '../../domain/wire/incident.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { untilAborted } from '../../lib/abort.ts';
import { oneLine } from '../../lib/text.ts';
import type { KeptSources } from '../../report/evidence/kept-once.ts';
import { endDefect } from '../output/check-output.ts';
import { boundEvidence } from '../workspace/bound-evidence.ts';
import { openRunEvents } from '../workspace/run-events.ts';
import type { SpendMeter } from '../workspace/spend-meter.ts';
import { openWorkspace, type Workspace } from '../workspace/workspace.ts';
import { questionPrompt, questionSystemPrompt } from './question-prompt.ts';
import { readAnswer } from './read-answer.ts';

export interface AskAgentOptions extends KeptSources {
  readonly runner: AgentRunner;
  readonly gateway: AgentGateway;
  /** The user that agents in containers are; null: the user of this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly rules: RulesAnswerer;
  readonly clock: Clock;
}

/** A question that was admitted, with all that its agent needs. */
export interface AdmittedQuestion {
  readonly question: AgentQuestion;
  readonly kept: KeptReading;
  readonly agent: AgentChoice;
  readonly budget: RunBudget;
  readonly meter: SpendMeter;
  readonly redact: Redactor;
  /** The options with which a `kubectl` of a person reaches the cluster. */
  readonly kubectl: readonly string[];
  /** Folder of the workspaces of all runs. */
  readonly workspaces: string;
}

/**
 * Has an agent answer a question in a workspace of its own, which holds what is kept of the incident: no way leads from it
 * to the cluster. @throws what the disk, the store and the gateway do
 */
export async function askAgent(
  admitted: AdmittedQuestion,
  options: AskAgentOptions,
  signal: AbortSignal,
): Promise<QuestionEnd> {
  const { question, agent, redact, kubectl } = admitted;
  const workspace = await openWorkspace(admitted.workspaces, question.incidentId, question.id);
  const events = await openRunEvents(workspace.path('logs/events.jsonl'), () => options.clock.now());
  try {
    const files = await writeFiles(admitted, workspace, options, signal);
    events.add('agent_started', { agent: agent.cli, timeout_ms: agent.timeoutMs, files: files.length });
    const { end, usage } = await runAgent(admitted, workspace, options, signal);
    events.add('agent_ended', { reason: end.reason, exit_code: end.exitCode, duration_ms: Math.round(end.durationMs) });
    signal.throwIfAborted();
    const [defect] = endDefect(end);
    if (defect !== undefined) {
      const why = fallbackWords(defect.defect, oneLine(defect.detail, 300));
      return { answer: null, error: redact.text(`${agent.cli} ${why}`), usage };
    }
    const read = await readAnswer(workspace.dir, { files, kubectl });
    events.add('answer_read', { kind: read.kind });
    return read.kind === 'good'
      ? { answer: redact.value(read.answer), error: null, usage }
      : { answer: null, error: `${agent.cli} ${read.why}`, usage };
  } finally {
    await events.close();
    // A copy of what is stored.
    await rm(workspace.path('evidence'), { recursive: true, force: true }).catch(() => {});
  }
}

type Reading = Pick<AskAgentOptions, 'artifacts' | 'rules'> & Pick<AdmittedQuestion, 'question' | 'kept'>;

/** What is kept of the incident, and what rules answer; null where they could not. */
async function readKept({ question, kept, artifacts, rules }: Reading, signal: AbortSignal) {
  const { incidentId, text, by, person, thread = null, writtenAt: askedAt = question.askedAt } = question;
  const asked = {
    incidentId,
    text,
    by,
    mayAct: false,
    askedAt,
    ...(person === undefined ? {} : { talk: { person, thread } }),
  };
  const all = await kept.all(signal);
  if (all === null) throw new Error('nothing is kept of the incident');
  const { cluster, id } = all.detail.incident;
  const [report, byRules] = await Promise.all([
    artifacts.get(cluster, id, 'investigation.md'),
    rules.answer(asked, signal, kept).catch(() => null),
  ]);
  const earlier = all.earlier.filter((one) => isAskedBefore(one, { askedAt, id: question.heard }));
  return { ...all, earlier, report, byRules: byRules?.text ?? null };
}

/** Puts everything there that the agent may read; gives what it can quote. */
async function writeFiles(
  { question, kept: reading, redact }: AdmittedQuestion,
  workspace: Workspace,
  options: AskAgentOptions,
  signal: AbortSignal,
): Promise<readonly EvidenceFile[]> {
  // A store that hangs is not waited for any longer than the signal lets it.
  const kept = await untilAborted(readKept({ ...options, question, kept: reading }, signal), signal);
  const { detail, history, verdict, report, byRules, leftOut, earlier } = kept;
  const { files: evidence, missing } = boundEvidence({ files: kept.files, missing: [], apiCalls: 0 });
  const json = (path: string, value: unknown): EvidenceFile => ({
    path,
    text: `${JSON.stringify(redact.value(value), null, 1)}\n`,
  });
  const files = [
    json('incident.json', incidentDetailJson(detail)),
    json('history.json', history),
    ...(verdict === null ? [] : [json('verdict.json', verdict)]),
    ...(report === null ? [] : [{ path: 'investigation.md', text: redact.text(report.toString('utf8')) }]),
    ...evidence,
  ];
  for (const file of files) {
    signal.throwIfAborted();
    await workspace.write(file.path, file.text);
  }
  await workspace.write('system.md', questionSystemPrompt());
  const prompt = questionPrompt({ question, files, leftOut, missing, byRules, earlier, now: options.clock.now() });
  await workspace.write('prompt.md', redact.text(prompt));
  return files;
}

async function runAgent(
  { question, agent, budget, meter, redact }: AdmittedQuestion,
  workspace: Workspace,
  { runner, gateway, owner }: AskAgentOptions,
  signal: AbortSignal,
) {
  const { id: runId, incidentId, cluster } = question;
  const run = { runId, incidentId, cluster, workspace: workspace.dir };
  const opened =
    agent.runner === 'docker'
      ? await gateway.open({ ...run, purpose: 'question', owner, budget, redact, onSpend: (spend) => meter.add(spend) })
      : null;
  try {
    const socketDir = opened?.socketDir ?? null;
    // Whatever runs may reach: a model is reached by the gateway, and nothing else is needed.
    const container = { ...agent.container, network: 'none' };
    const end = await runner.run({ ...run, ...agent, container, socketDir, promptFile: 'prompt.md' }, signal);
    // What is still under way counts as well.
    await opened?.close();
    const usage: RunUsage | null = opened?.usage() ?? null;
    return { end, usage };
  } finally {
    await opened?.close();
  }
}
