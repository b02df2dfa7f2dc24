import { z } from 'zod';
import type { Severity } from '../../domain/fault.ts';
import type { Verdict } from '../../domain/verdict/verdict.ts';
import { errorText } from '../../lib/problem.ts';
import { duration } from '../../lib/quantity.ts';
import { plural } from '../../lib/text.ts';
import { clusterArgs, clusterOf, type ToolCluster } from '../clusters.ts';
import { define, type Tool, type ToolCall } from '../tool.ts';
import type { KubernetesDeps, OpenIncident } from './deps.ts';
import { causesOf } from './diagnose/causes.ts';
import { issueItem, issueOf } from './diagnose/issues.ts';
import { lookAt } from './diagnose/look.ts';
import { byOwner, type OwnedFaults } from './diagnose/owned.ts';
import { gradeOf, grades, scoreOf } from './diagnose/score.ts';
import { namespaceArgs } from './read/args.ts';
import { listHead, severityField } from './read/results.ts';
import { NotChecked } from './read/whole-list.ts';

const input = z.strictObject({
  ...clusterArgs,
  ...namespaceArgs,
  since: duration('1h').describe('How far back events are evidence, such as 30m or 2h.'),
  max_issues: z.int().min(1).max(500).default(50).describe('So many of the worst are shown; the score counts all.'),
});

const output = z.object({
  score: z.int().min(0).max(100).describe('100: nothing stands. Each root owner costs 25 (critical), 10 or 2 (info).'),
  grade: z.enum(grades).describe('A from 90, B from 80, C from 70, D from 60.'),
  issues: z.array(issueItem).describe('One for each root owner, the worst first.'),
  counts: z.object({ critical: z.int(), warning: z.int(), info: z.int() }),
  truncated: z.boolean().describe('There are more issues than are shown.'),
  checked: z.array(z.string()).describe('What was looked at.'),
  not_checked: z.array(z.string()).describe('What was not, and why: the result says nothing of it.'),
  incidents: z
    .array(z.object({ id: z.string(), title: z.string(), status: z.string(), severity: severityField }))
    .describe('Incidents of the cluster that have not ended.'),
  as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
  source: z.string(),
});

/** What no look at objects shows. */
const unseen = 'what only metrics, requests or data of applications show: latency, saturation, wrong answers';
const maxIncidents = 50;

/** `diagnose_cluster` */
export function diagnoseCluster(deps: KubernetesDeps): Tool {
  return define({
    name: 'diagnose_cluster',
    toolset: 'kubernetes',
    title: 'Diagnose a cluster',
    description:
      'Everything that is wrong in a cluster or one of its namespaces now, by root owner, with a score, and for the worst ' +
      'the cause, the evidence for it and what to do. Use it when nobody knows yet where a fault is, or for an overview.',
    rate: 'logs',
    input,
    output,
    cut: { list: 'issues', from: 'end' },
    async run(args, call) {
      const cluster = clusterOf(args, deps.clusters, call);
      const { reader } = cluster;
      const { signal } = call;
      const now = deps.clock.now();
      const notChecked = new NotChecked();
      call.progress('looking at the cluster');
      const look = await lookAt({ reader, namespace: args.namespace, now, notChecked }, signal);
      const groups = await byOwner(look.findings, look.surroundings, reader, signal);
      const verdicts = await verdictsOf(groups, cluster, deps, notChecked, call);
      const incidents = await incidentsOf(cluster.name, deps, notChecked);
      signal.throwIfAborted();
      notChecked.add(unseen);
      const score = scoreOf(groups.map(({ severity }) => severity));
      const said = { surroundings: look.surroundings, after: now - args.since };
      const shown = groups.slice(0, args.max_issues);
      const analysed = verdicts.size === 0 ? [] : [`causes of ${plural(verdicts.size, 'root owner')}`];
      return {
        score,
        grade: gradeOf(score),
        issues: shown.map((group) => issueOf(group, { ...said, verdict: verdicts.get(group) })),
        counts: countsOf(groups),
        truncated: shown.length < groups.length,
        checked: [...look.checked, ...analysed],
        not_checked: [...(notChecked.fields().not_checked ?? [])],
        incidents,
        ...listHead(cluster, now),
      };
    },
  });
}

async function verdictsOf(
  groups: readonly OwnedFaults[],
  cluster: ToolCluster,
  { analyst, clock, redact }: KubernetesDeps,
  notChecked: NotChecked,
  call: ToolCall,
): Promise<ReadonlyMap<OwnedFaults, Verdict>> {
  if (groups.length === 0) return new Map();
  if (analyst === null) {
    notChecked.add('causes: no analyst runs here');
    return new Map();
  }
  const progress = (done: number, total: number): void => call.progress('looking for causes', done, total);
  const asking = { analyst, cluster, clock, redact: redact(), now: clock.now(), notChecked, progress };
  return causesOf(groups, asking, call.signal);
}

async function incidentsOf(
  cluster: string,
  { openIncidents }: KubernetesDeps,
  notChecked: NotChecked,
): Promise<OpenIncident[]> {
  try {
    const open = await openIncidents(cluster);
    return open.slice(0, maxIncidents).map(({ id, title, status, severity }) => ({ id, title, status, severity }));
  } catch (error) {
    notChecked.add(`incidents of the cluster: ${errorText(error)}`);
    return [];
  }
}

function countsOf(groups: readonly OwnedFaults[]): Record<Severity, number> {
  const of = (severity: Severity): number => groups.filter((group) => group.severity === severity).length;
  return { critical: of('critical'), warning: of('warning'), info: of('info') };
}
