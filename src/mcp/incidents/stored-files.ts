import { z } from 'zod';
import type { ArtifactStore, StoredFile } from '../../domain/ports.ts';
import { incidentStatuses } from '../../domain/records.ts';
import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { confidences, type Verdict, verdictSchema } from '../../domain/verdict/verdict.ts';
import type { Clock } from '../../lib/clock.ts';
import { oneLine } from '../../lib/text.ts';
import { listOf, pageArgs, pageOfAll } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { incidentArgs, incidentOf } from './incident-of.ts';
import { orToolError } from './problem-failure.ts';
import { textArgs, textPage } from './text-page.ts';

export interface StoredFilesDeps {
  readonly reader: Pick<StateReader, 'incident'>;
  readonly artifacts: Pick<ArtifactStore, 'get' | 'list'>;
  readonly clock: Pick<Clock, 'now'>;
}

const entity = z.object({ kind: z.string(), namespace: z.string().nullable(), name: z.string() });

/** The answer as data. What it was checked against when it came is not checked again. */
const verdictOutput = z.object({
  is_fault: z.boolean(),
  summary: z.string(),
  causes: z.array(
    z.object({
      rank: z.int(),
      entity,
      mechanism: z.string(),
      wrong_value: z.string().nullable(),
      statement: z.string(),
      confidence: z.enum(confidences),
      evidence: z.array(z.object({ file: z.string(), quote: z.string() })),
    }),
  ),
  victims: z.array(entity),
  missing: z.array(z.string()).describe('What could not be seen.'),
  remediation: z.array(
    z.object({
      action: z.string(),
      command: z.string().nullable(),
      risk: z.string(),
      reversible: z.boolean(),
      undo: z.string().nullable(),
    }),
  ),
});

const reportOutput = z.object({
  incident_id: z.string(),
  cluster: z.string(),
  status: z.enum(incidentStatuses),
  text: z.string().optional().describe('Of form text: investigation.md, or this part of it.'),
  total_bytes: z.int().optional(),
  verdict: verdictOutput.optional().describe('Of form verdict.'),
  next_cursor: z.string().optional(),
  truncated: z.boolean(),
  as_of: z.string(),
});

/** The tool `get_incident_report`. */
export function getIncidentReport({ reader, artifacts, clock }: StoredFilesDeps): Tool {
  return define({
    name: 'get_incident_report',
    toolset: 'incidents',
    title: 'Report of an incident',
    description:
      'What the investigation of an incident found: as text with its sections (triage card, findings, root causes, remediation plan), or as a verdict with ranked causes and the quotes that back them. Its quotes stand in files of get_incident_evidence.',
    input: z.strictObject({
      ...incidentArgs,
      form: z.enum(['text', 'verdict']).default('text').describe('text for people, verdict as data.'),
      ...textArgs,
    }),
    output: reportOutput,
    run: async ({ id, form, ...asked }, call) => {
      const detail = await incidentOf(reader, id, call);
      const { cluster, status } = detail.incident;
      const common = { incident_id: id, cluster, status, as_of: new Date(clock.now()).toISOString() };
      if (form === 'verdict') {
        const verdict = await storedVerdict(artifacts, detail);
        if (verdict === null) throw noReport(detail);
        const { version: _version, ...answer } = verdict;
        return { ...common, verdict: answer, truncated: false };
      }
      const markdown = await orToolError(() => artifacts.get(cluster, id, 'investigation.md'));
      if (markdown === null) throw noReport(detail);
      return { ...common, ...textPage(markdown, asked) };
    },
  });
}

/** The verdict that was told; null when none is stored, or one of another version of the program. */
async function storedVerdict(
  artifacts: StoredFilesDeps['artifacts'],
  { incident: { cluster, id } }: IncidentDetail,
): Promise<Verdict | null> {
  const stored = await orToolError(() => artifacts.get(cluster, id, 'verdict.json'));
  try {
    return stored === null ? null : verdictSchema.parse(JSON.parse(stored.toString('utf8')));
  } catch {
    return null;
  }
}

const running = new Set(['open', 'queued', 'investigating']);

/** Why there is no report, and whether waiting helps. */
function noReport({ incident: { id, status, statusReason }, runs }: IncidentDetail): ToolError {
  if (running.has(status)) {
    const wait = { retryable: true, retryAfterS: 30 };
    return new ToolError(
      'not_found',
      `${id} is ${status}: there is no report yet`,
      'Ask again in half a minute.',
      wait,
    );
  }
  if (runs.at(-1)?.result?.artifacts === 'waits') {
    const fix = 'It is stored by itself; `nightcrier doctor` says what it waits for. get_incident has the cause.';
    return new ToolError('not_found', `the report of ${id} waits to be stored`, fix, { retryable: true });
  }
  const reason = statusReason === null ? '' : ` (${oneLine(statusReason, 200)})`;
  return new ToolError('not_found', `${id} is ${status}${reason} and has no report`, {
    steps: ['get_incident says what is known of it; trigger_triage investigates its object again.'],
  });
}

const evidenceOutput = listOf(
  z.object({ path: z.string(), bytes: z.int(), cited: z.boolean().describe('The report quotes it.') }),
  {
    incident_id: z.string(),
    cluster: z.string(),
    path: z.string().optional().describe('The file whose text this is.'),
    text: z.string().optional(),
    total_bytes: z.int().optional(),
  },
);

/** The tool `get_incident_evidence`. */
export function getIncidentEvidence({ reader, artifacts, clock }: StoredFilesDeps): Tool {
  return define({
    name: 'get_incident_evidence',
    toolset: 'incidents',
    title: 'Evidence of an incident',
    description:
      'What was read from the cluster for an incident when it was investigated: without path the list of files, those that the report quotes first; with path the text of one (objects, events, logs of that time). For the state of now use the Kubernetes tools.',
    input: z.strictObject({
      ...incidentArgs,
      path: z.string().min(1).max(1000).optional().describe('A path of the list.'),
      limit: pageArgs.limit,
      ...textArgs,
      cursor: pageArgs.cursor,
    }),
    output: evidenceOutput,
    run: async ({ id, path, ...asked }, call) => {
      const detail = await incidentOf(reader, id, call);
      const { cluster } = detail.incident;
      const as_of = new Date(clock.now()).toISOString();
      const common = { incident_id: id, cluster, as_of, source: 'what was stored when it was investigated' };
      const files = await evidenceFiles(artifacts, detail);
      if (path === undefined)
        return { ...common, ...(await pageOfAll(await citedFirst(artifacts, detail, files), asked, call)) };
      const text = await fileText(artifacts, detail, files, path);
      return { ...common, items: [], path, ...textPage(text, asked) };
    },
  });
}

async function evidenceFiles(
  artifacts: StoredFilesDeps['artifacts'],
  detail: IncidentDetail,
): Promise<readonly StoredFile[]> {
  const { cluster, id } = detail.incident;
  const stored = await orToolError(() => artifacts.list(cluster, id));
  if (stored.length === 0) throw noReport(detail);
  return stored.filter(({ path }) => path.startsWith('evidence/'));
}

async function citedFirst(
  artifacts: StoredFilesDeps['artifacts'],
  detail: IncidentDetail,
  files: readonly StoredFile[],
): Promise<(StoredFile & { readonly cited: boolean })[]> {
  const verdict = await storedVerdict(artifacts, detail);
  const cited = new Set(verdict?.causes.flatMap(({ evidence }) => evidence.map(({ file }) => file)));
  const marked = files.map((file) => ({ ...file, cited: cited.has(file.path) }));
  return [...marked.filter((file) => file.cited), ...marked.filter((file) => !file.cited)];
}

/** Only what the list has: a path is looked up, never followed. @throws ToolError `not_found` */
async function fileText(
  artifacts: StoredFilesDeps['artifacts'],
  { incident: { cluster, id } }: IncidentDetail,
  files: readonly StoredFile[],
  path: string,
): Promise<Buffer> {
  const known = files.find((file) => file.path === path);
  const content = known === undefined ? null : await orToolError(() => artifacts.get(cluster, id, known.path));
  if (content !== null) return content;
  throw new ToolError('not_found', `the evidence of ${id} has no file "${oneLine(path, 200)}"`, {
    steps: ['Leave path out for the list of files, and give one of their paths as it is.'],
  });
}
