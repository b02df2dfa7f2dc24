import type { AgentRunEnd, Analyst, CheckedVerdict, Evidence, EvidenceFile } from '../../domain/ports.ts';
import { type EvidenceRef, type Verdict, sections, verdictSchema } from '../../domain/verdict/verdict.ts';
import { lastWords, oneLine, singleSpaced } from '../../lib/text.ts';
import type { Defect, FoundDefect } from './defects.ts';
import { readRegularFile } from '../workspace/read-regular-file.ts';

export const outputLimits = { minReportBytes: 101, maxReportBytes: 1024 * 1024, maxVerdictBytes: 1024 * 1024 };

export type CheckedOutput =
  | { readonly kind: 'good'; readonly markdown: string; readonly checked: CheckedVerdict }
  | { readonly kind: 'defective'; readonly defects: readonly FoundDefect[] };

/** What an agent's answer is held against. */
export interface KnownOfRun {
  readonly evidence: Evidence;
  /** What the cluster answered the agent itself. */
  readonly served: readonly EvidenceFile[];
  /** The built-in analyst's verdict on the same evidence. */
  readonly builtin: Verdict | null;
}

/** Holds what an agent left in its workspace against what `prompt.md` asks of it (TRI-6). */
export async function checkOutput(
  run: AgentRunEnd,
  workspace: string,
  known: KnownOfRun,
  analyst: Pick<Analyst, 'check'>,
): Promise<CheckedOutput> {
  const { report, claimed, defects } = await readOutput(run, workspace, known);
  if (defects.length > 0 || report === null || claimed === null) return { kind: 'defective', defects };
  const checked = await analyst.check(claimed, known.evidence, known.served);
  const refuted = refutation(claimed, checked, known.builtin);
  return refuted === null ? { kind: 'good', markdown: report, checked } : { kind: 'defective', defects: [refuted] };
}

/** What is wrong with the form of an agent's answer when nothing else is; null when the form is good, or not the trouble. */
export async function formDefects(
  run: AgentRunEnd,
  workspace: string,
  known: KnownOfRun,
): Promise<readonly FoundDefect[] | null> {
  if (endDefect(run).length > 0) return null;
  const { defects } = await readOutput(run, workspace, known);
  return defects.length > 0 ? defects : null;
}

async function readOutput(run: AgentRunEnd, workspace: string, known: KnownOfRun) {
  const report = await checkReport(workspace);
  const verdict = await checkVerdict(workspace);
  const claimed = verdict.value === null ? null : withServedFiles(verdict.value, known.served);
  const invented = claimed === null ? [] : evidenceDefects(claimed, known);
  const defects = [...endDefect(run), ...report.defects, ...verdict.defects, ...invented];
  return { report: report.value, claimed, defects };
}

/** What of a checked answer cannot be told to people at all; null when it can. */
function refutation(claimed: Verdict, checked: CheckedVerdict, builtin: Verdict | null): FoundDefect | null {
  const { verdict, remarks, refuted } = checked;
  if (claimed.causes.length > 0 && verdict.causes.length === 0) return found('claims_unbacked', remarks.join(' '));
  if (verdict.causes.length > 0 && refuted.length === verdict.causes.length) {
    return found('claims_refuted', `the evidence rules every cause out: ${refuted.join(', ')}`);
  }
  const sure = builtin?.is_fault === true ? builtin.causes.find(({ confidence }) => confidence === 'high') : undefined;
  if (claimed.is_fault || sure === undefined) return null;
  return found('fault_denied', `it says that nothing is wrong; the evidence shows: ${sure.statement}`);
}

/** So many pieces of evidence may stand in a verdict: each is searched for in all that was read. */
const maxEvidence = 200;

/** An answer to the agent may be quoted by its folder alone: the agent need not know how its file is called. */
function withServedFiles(verdict: Verdict, served: readonly EvidenceFile[]): Verdict {
  const paths = new Set(served.map(({ path }) => path));
  const isOpen = ({ file }: EvidenceRef): boolean => file.startsWith('evidence/agent') && !paths.has(file);
  if (!verdict.causes.some(({ evidence }) => evidence.some(isOpen))) return verdict;
  const spaced = served.map(({ path, text }) => ({ path, text: singleSpaced(text) }));
  const resolve = (ref: EvidenceRef): EvidenceRef => {
    if (!isOpen(ref)) return ref;
    const quote = singleSpaced(ref.quote);
    const holder = spaced.find(({ text }) => text.includes(quote));
    return holder === undefined ? ref : { ...ref, file: holder.path };
  };
  return { ...verdict, causes: verdict.causes.map((cause) => ({ ...cause, evidence: cause.evidence.map(resolve) })) };
}

interface Checked<T> {
  readonly value: T | null;
  readonly defects: readonly FoundDefect[];
}

/** Exit codes 124 and 125 are those of `run-agent.sh`: time limit, and could not be started. */
export function endDefect(run: AgentRunEnd): FoundDefect[] {
  if (run.engineFault) return [found(run.engineFault.fault, run.engineFault.detail)];
  if (run.reason === 'timeout' || (run.reason === 'exit' && run.exitCode === 124)) {
    return [found('timed_out', `after ${Math.round(run.durationMs / 1000)} s`)];
  }
  if (run.reason === 'output_limit') return [found('output_limit', `${run.droppedBytes} bytes over the limit`)];
  if (run.reason === 'spawn_failed' || run.exitCode === 125) {
    return [found('not_started', run.error ?? lastWords(run.stderr, 300))];
  }
  if (run.exitSignal !== null || run.reason === 'aborted') return [found('killed', run.exitSignal ?? run.reason)];
  if (run.exitCode === 0) return [];
  // The script says last why the agent came to no good end.
  const said = run.stderr.trimEnd().split('\n').at(-1) ?? '';
  return [found('exit_nonzero', `exit code ${run.exitCode}${said === '' ? '' : `; ${said}`}`)];
}

async function checkReport(workspace: string): Promise<Checked<string>> {
  const file = await readRegularFile(workspace, 'output/investigation.md', outputLimits.maxReportBytes);
  if (file.kind === 'missing') return wrong('report_missing', 'output/investigation.md');
  if (file.kind === 'not_regular') return wrong('report_not_regular', 'output/investigation.md');
  if (file.kind === 'too_large') return wrong('report_too_large', `${file.size} bytes`);
  if (file.content.length < outputLimits.minReportBytes) {
    return wrong('report_too_short', `${file.content.length} bytes`);
  }
  const text = decode(file.content);
  if (text === null) return wrong('report_not_text', 'not UTF-8, or with null bytes');
  const missing = missingSections(text);
  if (missing.length > 0) return wrong('section_missing', missing.join(', '));
  return { value: text, defects: [] };
}

/** The section titles that no heading has, whatever its level, number or emphasis. */
export function missingSections(markdown: string): string[] {
  const headings = new Set<string>();
  for (const line of markdown.split(/\r?\n/)) {
    // A title is short; a pattern on a line of any length could take any time.
    if (line.length > 200) continue;
    const title = /^ {0,3}#{1,6}\s+(.+)$/.exec(line)?.[1];
    if (title !== undefined) headings.add(plainTitle(title));
  }
  return sections.filter((title) => !headings.has(title.toLowerCase()));
}

/** A heading without number, emphasis, colon and closing marks, in lower case. */
function plainTitle(heading: string): string {
  return heading
    .replace(/[*_:`#]/g, '')
    .trim()
    .replace(/^\d+[.)]\s*/, '')
    .toLowerCase();
}

async function checkVerdict(workspace: string): Promise<Checked<Verdict>> {
  const file = await readRegularFile(workspace, 'output/verdict.json', outputLimits.maxVerdictBytes);
  if (file.kind === 'missing') return wrong('verdict_missing', 'output/verdict.json');
  if (file.kind === 'not_regular') return wrong('verdict_not_regular', 'output/verdict.json');
  if (file.kind === 'too_large') return wrong('verdict_too_large', `${file.size} bytes`);
  const text = decode(file.content);
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch (error) {
    return wrong('verdict_not_json', String(error));
  }
  const parsed = verdictSchema.safeParse(value);
  if (parsed.success) {
    const pieces = parsed.data.causes.reduce((sum, { evidence }) => sum + evidence.length, 0);
    if (pieces > maxEvidence) return wrong('verdict_schema', `causes: more than ${maxEvidence} pieces of evidence`);
    return { value: parsed.data, defects: [] };
  }
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return wrong('verdict_schema', issues.join('; '));
}

/** Each cause refers to evidence that was collected or served. Held against what was read, not against the agent's folder. */
function evidenceDefects(verdict: Verdict, { evidence, served }: KnownOfRun): FoundDefect[] {
  const files = new Set([...evidence.files, ...served].map((file) => file.path));
  const defects: FoundDefect[] = [];
  for (const cause of verdict.causes) {
    if (cause.evidence.length === 0) defects.push(found('cause_without_evidence', `cause ${cause.rank}`));
    const invented = cause.evidence.find((ref) => !files.has(ref.file));
    if (invented) defects.push(found('evidence_not_found', invented.file));
  }
  return defects;
}

function decode(content: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function wrong(defect: Defect, detail: string): { value: null; defects: FoundDefect[] } {
  return { value: null, defects: [found(defect, detail)] };
}

function found(defect: Defect, detail: string): FoundDefect {
  return { defect, detail: oneLine(detail, 300) };
}
