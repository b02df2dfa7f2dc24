import { z } from 'zod';
import { redactAnswer } from '../../gateway/kubernetes/redact-answer.ts';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { clusterArgs, clusterOf, type ToolCluster } from '../clusters.ts';
import { fetchObjects, listOf, pageArgs, pageOf } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { type KubernetesDeps, refuseSecretsToAgents } from './deps.ts';
import { namespaceArgs, namespaceName, objectName } from './read/args.ts';
import { newestRelease, releaseKey, releasePage, type ReleaseRecord } from './helm/release-secrets.ts';
import { isoOf, listHead, notCheckedField } from './read/results.ts';
import { withoutEnvValues } from './read/shown-object.ts';

const releaseFields = {
  name: z.string(),
  namespace: z.string(),
  revision: z.int(),
  status: z.string().describe('deployed, failed, pending-upgrade …'),
  chart: z.string().describe('NAME-VERSION; empty when the release cannot be read.'),
  app_version: z.string().optional(),
  updated: z.string().optional().describe('ISO 8601 UTC.'),
  description: z.string().optional().describe('What Helm says of the revision: why it failed.'),
};

const releaseItem = z.object(releaseFields);

/** `list_helm_releases` */
export function listHelmReleases({ clusters, clock, secretsAllowed, agentsSeeSecrets }: KubernetesDeps): Tool {
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
      refuseSecretsToAgents(agentsSeeSecrets, call);
      const inNamespace = args.namespace === undefined ? {} : { namespace: args.namespace };
      const labelSelector = 'owner=helm,status notin (superseded,uninstalled)';
      const options = { ...inNamespace, labelSelector };
      const fetch = (token: string, limit: number) => releasePage(cluster.reader, options, token, limit, call.signal);
      const { items, ...page } = await pageOf(args, call, fetch, releaseKey);
      return { ...page, items: items.map(itemOf), ...listHead(cluster, clock.now()) };
    },
  });
}

/** `get_helm_release_values` */
export function getHelmReleaseValues({
  clusters,
  clock,
  secretsAllowed,
  agentsSeeSecrets,
  redact,
}: KubernetesDeps): Tool {
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
      ...notCheckedField,
      as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
      source: z.string(),
    }),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      refuseSecrets(cluster, secretsAllowed);
      refuseSecretsToAgents(agentsSeeSecrets, call);
      const { namespace, release } = args;
      const newest = await newestRelease(cluster.reader, namespace, release, call.signal);
      if (newest === null) throw notInstalled(namespace, release);
      const redactor = redact();
      const notChecked = await learnSecrets(cluster.reader, namespace, redactor, call.signal);
      const rules = { redact: redactor, ofSecrets: false, keepSecrets: false };
      const values = redactAnswer(withoutEnvValues(newest.values), rules) as Record<string, unknown>;
      return { ...itemOf(newest), values, ...notChecked, ...listHead(cluster, clock.now()) };
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

function itemOf({ name, namespace, revision, status, chart, ...more }: ReleaseRecord): z.infer<typeof releaseItem> {
  const updated = isoOf(more.updated);
  return {
    name,
    namespace,
    revision,
    status,
    chart: chart.name === '' ? '' : `${chart.name}-${chart.version}`,
    ...(chart.appVersion === null ? {} : { app_version: chart.appVersion }),
    ...(updated === undefined ? {} : { updated }),
    ...(more.description === null ? {} : { description: more.description }),
  };
}

/** Secrets of a namespace that are looked at for values that stand in those of a release too. */
const maxSecrets = 2000;
/** Of them so many are asked for at a time: each may hold a megabyte. */
const atOnce = 50;

/** What is secret in the namespace is secret in the values of a release: its chart makes Secrets of them. */
async function learnSecrets(
  reader: ClusterReader,
  namespace: string,
  redact: Redactor,
  signal: AbortSignal,
): Promise<{ not_checked?: string[] }> {
  const options = { namespace, fieldSelector: 'type!=helm.sh/release.v1', limit: atOnce };
  let looked = 0;
  let token = '';
  for (;;) {
    const { items, next, cut } = await fetchObjects(reader, ['v1', 'Secret'], options, token, signal);
    for (const secret of items) redactAnswer(secret, { redact, ofSecrets: true, keepSecrets: false });
    looked += items.length;
    token = next;
    if (next === '' && cut === undefined) return {};
    if (next !== '' && looked < maxSecrets) continue;
    const what = `only the first ${looked} Secrets of namespace ${namespace} were looked at`;
    return { not_checked: [`${what}: what stands in another one is taken out of the values by its name alone`] };
  }
}
