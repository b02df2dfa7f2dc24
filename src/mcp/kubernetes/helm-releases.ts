import { z } from 'zod';
import { redactAnswer } from '../../gateway/kubernetes/redact-answer.ts';
import type { ClusterReader, ListOptions } from '../../kube/cluster-reader.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { clusterArgs, clusterOf, type ToolCluster } from '../clusters.ts';
import { fetchObjects, listOf, pageArgs, pageByKey } from '../page.ts';
import { define, type Tool, type ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { KubernetesDeps } from './deps.ts';
import { namespaceArgs, namespaceName, objectName } from './read/args.ts';
import { type HelmRelease, helmRelease } from './read/helm-release.ts';
import { isoOf, listHead } from './read/results.ts';
import { withoutEnvValues } from './read/shown-object.ts';

const releaseFields = {
  name: z.string(),
  namespace: z.string(),
  revision: z.int(),
  status: z.string().describe('deployed, failed, pending-upgrade …'),
  chart: z.string().describe('NAME-VERSION'),
  app_version: z.string().optional(),
  updated: z.string().optional().describe('ISO 8601 UTC.'),
  description: z.string().optional().describe('What Helm says of the revision: why it failed.'),
};

const releaseItem = z.object(releaseFields);

/** `list_helm_releases` */
export function listHelmReleases({ clusters, clock, secretsAllowed }: KubernetesDeps): Tool {
  return define({
    name: 'list_helm_releases',
    toolset: 'kubernetes',
    title: 'List Helm releases',
    description:
      'Helm releases of a cluster at their newest revision, with chart and status: what is installed, and what failed or ' +
      'hangs in an upgrade. Needs a cluster whose Secrets may be read.',
    input: z.strictObject({ ...clusterArgs, ...namespaceArgs, ...pageArgs }),
    output: listOf(releaseItem),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      refuseSecrets(cluster, secretsAllowed);
      const inNamespace = args.namespace === undefined ? {} : { namespace: args.namespace };
      const labelSelector = 'owner=helm,status notin (superseded,uninstalled)';
      const releases = await releasesOf(cluster.reader, { ...inNamespace, labelSelector }, call);
      const newest = Map.groupBy(releases, keyOf)
        .values()
        .map((all) => newestOf(all) as HelmRelease);
      const { items, ...page } = await pageByKey([...newest], keyOf, args, call);
      return { ...page, items: items.map(itemOf), ...listHead(cluster, clock.now()) };
    },
  });
}

/** `get_helm_release_values` */
export function getHelmReleaseValues({ clusters, clock, secretsAllowed, redact }: KubernetesDeps): Tool {
  return define({
    name: 'get_helm_release_values',
    toolset: 'kubernetes',
    title: 'Values of a Helm release',
    description:
      'What was set when a Helm release was installed or upgraded last, without secrets and values of environment ' +
      'variables. Needs a cluster whose Secrets may be read.',
    input: z.strictObject({
      ...clusterArgs,
      release: objectName.describe('Name of the release.'),
      namespace: namespaceName.describe('Its namespace.'),
    }),
    output: z.object({
      ...releaseFields,
      values: z.record(z.string(), z.unknown()).describe('As they were given; those of the chart itself are not here.'),
      as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
      source: z.string(),
    }),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      refuseSecrets(cluster, secretsAllowed);
      const { namespace, release } = args;
      const labelSelector = `owner=helm,name=${release}`;
      const newest = newestOf(await releasesOf(cluster.reader, { namespace, labelSelector }, call));
      if (newest === undefined) throw notInstalled(namespace, release);
      const redactor = redact();
      await learnSecrets(cluster.reader, namespace, redactor, call.signal);
      const rules = { redact: redactor, ofSecrets: false, keepSecrets: false };
      const values = redactAnswer(withoutEnvValues(newest.values), rules) as Record<string, unknown>;
      return { ...itemOf(newest), values, ...listHead(cluster, clock.now()) };
    },
  });
}

/** @throws ToolError `forbidden` */
function refuseSecrets({ name }: ToolCluster, allowed: KubernetesDeps['secretsAllowed']): void {
  if (allowed(name)) return;
  throw new ToolError('forbidden', `Helm keeps its releases in Secrets, which may not be read in ${name}`, {
    steps: [
      `Set triage.allow_secrets_access: true for the cluster ${name} in the configuration.`,
      'Give its credential the right to list secrets: {apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"]}.',
    ],
  });
}

function notInstalled(namespace: string, release: string): ToolError {
  const fix = `list_helm_releases with namespace ${namespace} shows what is installed there.`;
  return new ToolError('not_found', `there is no Helm release ${release} in namespace ${namespace}`, fix);
}

/** A release may hold a megabyte: so many are asked for at a time. */
const atOnce = 20;
/** Revisions that are looked at. */
const maxReleases = 2000;

async function releasesOf(reader: ClusterReader, options: ListOptions, call: ToolCall): Promise<HelmRelease[]> {
  const releases: HelmRelease[] = [];
  let token = '';
  do {
    const kind = ['v1', 'Secret'] as const;
    const { items, next } = await fetchObjects(reader, kind, { ...options, limit: atOnce }, token, call.signal);
    for (const secret of items) {
      const release = helmRelease(secret);
      if (release !== null) releases.push(release);
    }
    token = next;
  } while (token !== '' && releases.length < maxReleases);
  return releases;
}

function newestOf(releases: readonly HelmRelease[]): HelmRelease | undefined {
  return releases.toSorted((a, b) => b.revision - a.revision)[0];
}

function keyOf({ namespace, name }: HelmRelease): string {
  return `${namespace}/${name}`;
}

function itemOf({ name, namespace, revision, status, chart, ...more }: HelmRelease): z.infer<typeof releaseItem> {
  const updated = isoOf(more.updated);
  return {
    name,
    namespace,
    revision,
    status,
    chart: `${chart.name}-${chart.version}`,
    ...(chart.appVersion === null ? {} : { app_version: chart.appVersion }),
    ...(updated === undefined ? {} : { updated }),
    ...(more.description === null ? {} : { description: more.description }),
  };
}

/** Secrets of a namespace that are looked at for values that stand in those of a release too. */
const maxSecrets = 100;

/** What is secret in the namespace is secret in the values of a release: its chart makes Secrets of them. */
async function learnSecrets(
  reader: ClusterReader,
  namespace: string,
  redact: Redactor,
  signal: AbortSignal,
): Promise<void> {
  const fieldSelector = 'type!=helm.sh/release.v1';
  const { items } = await reader.list('v1', 'Secret', { namespace, fieldSelector, limit: maxSecrets }, signal);
  for (const secret of items) redactAnswer(secret, { redact, ofSecrets: true, keepSecrets: false });
}
