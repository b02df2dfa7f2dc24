import { z } from 'zod';
import { forCluster } from '../../../domain/decide/kubectl-access.ts';
import { type Condition, conditionOf, conditionTime, items } from '../../../kube/objects.ts';
import { plural } from '../../../lib/text.ts';
import { clusterOrNodeArgs } from '../../clusters.ts';
import { define, type Tool } from '../../tool.ts';
import { present } from '../../present.ts';
import { namespaceArg } from '../objects/args.ts';
import { type FluxObject, refOf, sourceText, wordsOf } from '../objects/flux-object.ts';
import { type FluxDeps, openFlux } from '../objects/flux-reader.ts';
import { isApplier } from '../objects/kinds.ts';
import { summaryOf, summarySchema } from '../objects/status-fields.ts';
import { isUsable, hasArtifact, sourcesOf } from './blockers.ts';
import { controllerIssues } from './controllers.ts';
import { firstCauses, type FirstCause } from './first-causes.ts';
import { type Issue, issueSchema } from './issue.ts';
import { type FluxView, readFlux } from './read-flux.ts';
import { saidOf, type Verdict, verdictOf } from './verdict.ts';

const suspendedSchema = z.object({
  object: z.string(),
  usable: z.boolean().describe('What depends on it can go on: it was ready before.'),
  waiting_count: z.int().describe('So many objects wait for it.'),
});

const input = z.strictObject({
  ...clusterOrNodeArgs,
  namespace: namespaceArg.describe('Only issues of this namespace, or for which something in it waits.'),
  max_issues: z.int().min(1).max(200).default(50).describe('So many issues at most.'),
});

const output = z.object({
  summary: z.string().describe('One sentence.'),
  issues: z.array(issueSchema).describe('First causes, those that hold up most first.'),
  total: z.int().describe('Issues, also those beyond max_issues.'),
  truncated: z.boolean(),
  truncated_reason: z.string().optional(),
  suspended: z.array(suspendedSchema).describe('What somebody has suspended; no fault by itself.'),
  kustomizations: summarySchema,
  helm_releases: summarySchema,
  checked: z.array(z.string()),
  not_checked: z.array(z.string()).describe('What could not be read: it may be the cause of what looks like one here.'),
  as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
  source: z.string().describe('Where it is from.'),
});

/** `diagnose_flux_issues`. */
export function diagnoseIssues(deps: FluxDeps): Tool {
  return define({
    name: 'diagnose_flux_issues',
    toolset: 'flux',
    title: 'Why Flux does not deploy',
    description:
      'Finds why Flux does not deploy: follows sources, dependencies and health checks from everything that is not ready to the first cause, and names it with the value that is wrong, its evidence, what to do, and everything that waits for it; those that hold up most come first. Says what is suspended and what could not be read.',
    rate: 'logs',
    cut: { list: 'issues', from: 'end' },
    input,
    output,
    run: async (args, call) => {
      const opened = openFlux(args, deps, call);
      const view = await readFlux(args.namespace, opened, call);
      const found = diagnosis(view, args, opened.now);
      const issues = found.issues.map((issue) => ({
        ...issue,
        recommendation: forCluster(issue.recommendation, opened.cluster.kubectl),
      }));
      return { ...found, issues, ...opened.told };
    },
  });
}

/** What is wrong with Flux as it was read. */
function diagnosis(view: FluxView, args: z.output<typeof input>, now: number) {
  const causes = firstCauses(view, now);
  const all = [...controllerIssues(view), ...causes.map((cause) => issueOf(cause, view))];
  const issues = all.filter((issue) => concerns(issue, args.namespace)).sort(mostHeldUpFirst);
  const truncated = issues.length > args.max_issues;
  return {
    summary: summaryText(issues),
    issues: issues.slice(0, args.max_issues).map(shortened),
    total: issues.length,
    truncated,
    ...(truncated ? { truncated_reason: 'there are more issues; a larger max_issues shows them' } : {}),
    suspended: suspendedOf(view, causes),
    kustomizations: summaryOf(ofKind('Kustomization', view)),
    helm_releases: summaryOf(ofKind('HelmRelease', view)),
    checked: [...view.checked],
    not_checked: [...view.notChecked],
  };
}

function issueOf(cause: FirstCause, view: FluxView): Issue {
  const { nature, ...verdict } = verdictOf(cause, view);
  const since = conditionTime(conditionOf(cause.object?.status?.conditions, 'Ready'));
  return present({
    severity: severityOf(nature, cause.waiting.length > 0),
    ...verdict,
    resource: cause.key,
    since: since === null ? undefined : new Date(since).toISOString(),
    evidence: evidenceOf(cause, view),
    waiting: [...cause.waiting],
    waiting_count: cause.waiting.length,
    chain: [...(cause.ring.length > 0 ? [...cause.ring, cause.ring[0] ?? ''] : cause.chain)],
    on_old_revision: onOldRevision(cause, view),
  });
}

function severityOf(nature: Verdict['nature'], holdsUp: boolean): Issue['severity'] {
  if (nature === 'passing') return 'info';
  if (nature === 'choice') return holdsUp ? 'warning' : 'info';
  return holdsUp ? 'critical' : 'warning';
}

/** Objects that are named of those that wait, and of those that go on. */
const maxListed = 50;

function shortened(issue: Issue): Issue {
  const { on_old_revision, ...rest } = issue;
  const waiting = rest.waiting.slice(0, maxListed);
  return on_old_revision === undefined
    ? { ...rest, waiting }
    : { ...rest, waiting, on_old_revision: on_old_revision.slice(0, maxListed) };
}

/** Links of the chain whose words are quoted. */
const maxQuoted = 5;

/** The words of the cause, then those of what waits on the way to it. */
function evidenceOf({ key, object, chain, ring }: FirstCause, view: FluxView): Issue['evidence'] {
  const own = object === null ? [] : quotesOf(key, object);
  const links = ring.length > 0 ? ring.filter((member) => member !== key) : [...chain].reverse().slice(1);
  const others = links.slice(0, maxQuoted).flatMap((link) => {
    const waiter = view.objects.get(link);
    const text = waiter === undefined ? '' : saidOf(waiter);
    return text === '' ? [] : [{ object: link, field: 'status.conditions[Ready]', text }];
  });
  const last = view.lastFailures.get(key);
  return [...own, ...(last === undefined ? [] : [{ object: key, field: 'last failure', text: last }]), ...others];
}

/** What an object says of its own trouble: of conditions that are bad while they are true only those that are. */
function quotesOf(key: string, { status }: FluxObject): Issue['evidence'] {
  const telling = items(status?.conditions).filter(isTelling);
  return telling.map((condition) => ({
    object: key,
    field: `status.conditions[${condition.type ?? ''}]`,
    text: `${condition.type}=${condition.status} ${wordsOf(condition)}`.trim(),
  }));
}

const badWhileTrue = /^(?:Stalled|FetchFailed|BuildFailed|StorageOperationFailed|IncludeUnavailable|ArtifactOutdated)$/;

function isTelling({ type, status }: Condition): boolean {
  return type === 'Ready' || type === 'Released' || (status === 'True' && badWhileTrue.test(type ?? ''));
}

/** What applies a source that fails, and goes on with what it held before. */
function onOldRevision({ object, waiting }: FirstCause, view: FluxView): string[] | undefined {
  if (object === null || isApplier(object.kind) || isUsable(object) || !hasArtifact(object)) return undefined;
  const key = refOf(object);
  const users = [...view.objects].filter(
    ([user, one]) =>
      isApplier(one.kind) && !waiting.includes(user) && (sourceText(one) === key || sourcesOf(one, view).includes(key)),
  );
  return users.length === 0 ? undefined : users.map(([user]) => user);
}

function concerns({ resource, waiting }: Issue, namespace: string | undefined): boolean {
  return namespace === undefined || [resource, ...waiting].some((key) => key.split('/')[1] === namespace);
}

function mostHeldUpFirst(a: Issue, b: Issue): number {
  const rank = { critical: 0, warning: 1, info: 2 };
  return b.waiting_count - a.waiting_count || rank[a.severity] - rank[b.severity] || (a.resource < b.resource ? -1 : 1);
}

function summaryText(issues: readonly Issue[]): string {
  const [worst] = issues;
  if (worst === undefined) return 'Nothing of Flux that could be read fails or waits.';
  const waiting = new Set(issues.flatMap((issue) => issue.waiting)).size;
  return `${plural(issues.length, 'first cause')}, ${plural(waiting, 'object')} waiting; first: ${worst.message}.`;
}

function suspendedOf(view: FluxView, causes: readonly FirstCause[]): z.output<typeof suspendedSchema>[] {
  const waiting = new Map(causes.map((cause) => [cause.key, cause.waiting.length]));
  const suspended = [...view.objects].filter(([, { spec }]) => spec?.suspend === true);
  return suspended
    .map(([key, object]) => ({ object: key, usable: isUsable(object), waiting_count: waiting.get(key) ?? 0 }))
    .sort((a, b) => b.waiting_count - a.waiting_count || (a.object < b.object ? -1 : 1));
}

function ofKind(kind: string, view: FluxView): FluxObject[] {
  return [...view.objects.values()].filter((object) => object.kind === kind);
}
