import { incidentJson } from '../../domain/wire/incident.ts';
import type { ArtifactFile, ArtifactStore } from '../../domain/ports.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import { type Clock, delay } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import { printable } from '../../lib/text.ts';
import { outputLimits } from '../output/check-output.ts';
import { incidentReport, type IncidentReport } from '../../report/model/incident-report.ts';
import { savePendingUpload } from '../workspace/pending-upload.ts';
import { readRegularFile } from '../workspace/read-regular-file.ts';
import { runResult } from './run-result.ts';
import { type DeliveredAnswer, type RunContext, type Stage, withFailure } from './run-context.ts';

export interface StoreStageOptions {
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly storeFailed: () => boolean;
  /** Told of each attempt. */
  readonly onUpload: (result: 'success' | 'failure') => void;
}

/** Few and short: people wait for the message, and what fails here is tried again from disk. */
const attempts = 2;
const retry: BackoffPolicy = { initialMs: 500, maxMs: 5000 };
const putLimitMs = 20_000;
/** More than the gateway lets it become. */
const maxRecordBytes = 64 * 1024 * 1024;
const maxLogBytes = 2 * 1024 * 1024;

/**
 * Puts what the run knows and made into the store of artifacts. When that fails, after a bounded number of attempts, the
 * report is the file in the workspace, the message goes out with it, and the artifacts wait on disk to be stored later.
 */
export function storeStage(options: StoreStageOptions): Stage {
  return {
    name: 'store',
    async run(context, signal) {
      if (context.delivered === null && !options.storeFailed()) return context;
      const files = await artifactFiles(context, options);
      const { cluster, id } = context.claim.incident;
      let failure = '';
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        if (attempt > 0) await delay(options.clock, backoffDelay(retry, attempt - 1), signal);
        try {
          const stored = await withTimeLimit(options.clock, putLimitMs, signal, (inner) =>
            options.artifacts.put(cluster, id, files, inner),
          );
          options.onUpload('success');
          context.events.add('stored', { report: stored.report, files: files.length });
          return { ...context, artifacts: 'stored', report: context.delivered === null ? null : stored.report };
        } catch (error) {
          signal.throwIfAborted();
          options.onUpload('failure');
          failure = errorText(error);
          context.events.add('store_failed', { attempt: attempt + 1, error: failure });
        }
      }
      const told = await reportInWorkspace(context, options);
      return withFailure(await keptForLater(told, files), 'store', failure);
    },
  };
}

async function keptForLater(context: RunContext, files: readonly ArtifactFile[]): Promise<RunContext> {
  try {
    await savePendingUpload(context.workspace, files);
    return { ...context, artifacts: 'waits' };
  } catch (error) {
    return withFailure(context, 'store', `not kept for later: ${errorText(error)}`);
  }
}

async function reportInWorkspace(context: RunContext, { clock }: StoreStageOptions): Promise<RunContext> {
  const { redact } = context;
  if (context.delivered === null) return context;
  const file = 'output/investigation.html';
  const { reportHtml } = await import('../output/report-html.ts');
  const html = reportHtml(reportOf(context, context.delivered, [], clock), ownTextOf(context.delivered, redact));
  try {
    await context.workspace.write(file, html);
    return { ...context, report: context.workspace.path(file) };
  } catch (error) {
    return withFailure(context, 'store', errorText(error));
  }
}

/**
 * Everything that leaves as a file, without secrets: an agent can print what it was given, a tool's error can quote what
 * it was sent. Values are searched before they are written in any form, so that no form hides them.
 */
async function artifactFiles(context: RunContext, { storeFailed, clock }: StoreStageOptions): Promise<ArtifactFile[]> {
  const { claim, redact, permissions } = context;
  const delivered = redact.value(context.delivered);
  // The artifacts show the incident as it is when this run has ended.
  const status = delivered === null ? 'failed' : 'reported';
  const incident = { ...claim.incident, status } as const;
  const files = [json('incident.json', redact.value(incidentJson(incident, claim.faults, claim)))];
  if (permissions !== null) files.push(json('incident_cluster_permissions.json', redact.value(permissions)));
  if (delivered?.outcome === 'fallback') files.push(...(await refusedFiles(context)));
  // Evidence was searched as it was read.
  for (const { path, text } of [...(context.evidence?.files ?? []), ...context.served]) {
    files.push({ path, content: text, contentType: 'text/plain; charset=utf-8' });
  }
  files.push(...(await logFiles(context, storeFailed())));
  return delivered === null ? files : [...files, ...(await reportFiles(context, delivered, files, clock))];
}

async function reportFiles(
  context: RunContext,
  delivered: DeliveredAnswer,
  files: readonly ArtifactFile[],
  clock: Clock,
): Promise<ArtifactFile[]> {
  const { reportHtml } = await import('../output/report-html.ts');
  const { markdown, verdict, findings } = delivered;
  const own: ArtifactFile[] = [
    { path: 'investigation.md', content: markdown, contentType: 'text/markdown; charset=utf-8' },
    json('verdict.json', verdict),
    json('findings.json', findings),
  ];
  const report = reportOf(context, delivered, [...own, ...files], clock);
  const page = reportHtml(report, ownTextOf(delivered, context.redact));
  return [...own, { path: 'investigation.html', content: page, contentType: 'text/html; charset=utf-8' }];
}

/** The incident as it is when this run has ended: what the page of its report shows. */
function reportOf(
  context: RunContext,
  { verdict, findings }: DeliveredAnswer,
  files: readonly ArtifactFile[],
  clock: Clock,
): IncidentReport {
  const { claim, redact } = context;
  const now = clock.now();
  const result = runResult(context, clock.monotonic() - context.startedAt);
  const run = { ...claim.run, status: 'succeeded', endedAt: now, result } as const;
  const incident = { ...claim.incident, status: 'reported', reportedAt: now, cause: result.cause } as const;
  const stored = files.map(({ path, content }) => ({ path, bytes: Buffer.byteLength(content) }));
  return redact.value(
    incidentReport({
      detail: { ...claim, incident, runs: [run] },
      history: null,
      artifacts: { verdict, findings, files: stored.sort((a, b) => (a.path < b.path ? -1 : 1)), problems: [] },
      silence: null,
      now,
    }),
  );
}

const ownTextOf = ({ ownText }: DeliveredAnswer, redact: Redactor): string | null =>
  ownText === null ? null : redact.text(ownText);

/** What the agent wrote and was not told: beside the answer that was, for whoever asks why. */
async function refusedFiles({ workspace, redact }: RunContext): Promise<ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  for (const [from, path, contentType] of refusedNames) {
    const file = await readRegularFile(workspace.dir, `rejected/${from}`, outputLimits.maxReportBytes);
    if (file.kind !== 'read') continue;
    files.push({ path, content: withoutSecrets(printable(file.content.toString('utf8')), redact), contentType });
  }
  return files;
}

/** As JSON where it is JSON: no form of writing hides a value. */
function withoutSecrets(text: string, redact: Redactor): string {
  try {
    return `${JSON.stringify(redact.value(JSON.parse(text)), null, 2)}\n`;
  } catch {
    return redact.text(text);
  }
}

const refusedNames = [
  ['investigation.md', 'investigation.agent.md', 'text/markdown; charset=utf-8'],
  ['verdict.json', 'verdict.agent.json', 'text/plain; charset=utf-8'],
] as const;

/** The agent's own logs of a failed run only when failed runs are stored (STO-3). */
async function logFiles(context: RunContext, storeFailed: boolean): Promise<ArtifactFile[]> {
  await context.events.flush();
  const failed = context.defects.length > 0;
  const names = ['events.jsonl', ...(failed && !storeFailed ? [] : ['agent.stdout.log', 'agent.stderr.log'])];
  const files: ArtifactFile[] = [];
  for (const name of names) {
    const file = await readRegularFile(context.workspace.dir, `logs/${name}`, maxLogBytes);
    if (file.kind !== 'read') continue;
    const content = context.redact.text(file.content.toString('utf8'));
    files.push({ path: `logs/${name}`, content, contentType: 'text/plain; charset=utf-8' });
  }
  const record = await readRegularFile(context.workspace.dir, 'logs/gateway.jsonl', maxRecordBytes);
  // As it is: it was written without secrets, and the chain of its hashes shows any change.
  if (record.kind === 'read') {
    files.push({ path: 'logs/gateway.jsonl', content: record.content, contentType: 'text/plain; charset=utf-8' });
  }
  return files;
}

function json(path: string, value: unknown): ArtifactFile {
  return { path, content: `${JSON.stringify(value, null, 2)}\n`, contentType: 'application/json' };
}
