import { z } from 'zod';
import type { ClusterReader, KubeObject } from '../../kube/cluster-reader.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import { clusterOf, clusterOrNodeArgs } from '../clusters.ts';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { type KubernetesDeps, refuseSecretsToAgents } from './deps.ts';
import { anyName, namespaceName } from './read/args.ts';
import { eventRow, eventRows } from './read/event-rows.ts';
import { notFound } from './read/not-found.ts';
import { Discovery, type ResourceKind } from './read/resource-kind.ts';
import { ageField, ageOf, conditionItem, conditionsOf, listHead, notCheckedField } from './read/results.ts';
import { shownObject } from './read/shown-object.ts';
import { listWhole, NotChecked } from './read/whole-list.ts';

/** Shown of one object, bytes of its JSON: the rest of a result has to fit beside it. */
const maxObjectBytes = 96 * 1024;

const input = z.strictObject({
  ...clusterOrNodeArgs,
  resource_type: z
    .string()
    .regex(/^[A-Za-z][\w.-]{0,252}$/, 'a kind of object as kubectl takes it')
    .describe('As kubectl takes it: deploy, statefulsets, Certificate, certificates.cert-manager.io.'),
  name: anyName.describe('Name of the object.'),
  namespace: namespaceName.optional().describe('Its namespace; none for what has none, such as a node.'),
});

const output = z.object({
  api_version: z.string(),
  kind: z.string(),
  name: z.string(),
  namespace: z.string().optional(),
  ...ageField,
  conditions: z.array(conditionItem).describe('Of its status, where it has some.'),
  object: z.record(z.string(), z.unknown()).describe('The object itself.'),
  object_cut: z.string().optional().describe('What of it is not shown, as it is too large.'),
  events: z.array(eventRow),
  ...notCheckedField,
  as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
  source: z.string(),
});

/** `describe_resource` */
export function describeResource({ clusters, clock, redact, agentsSeeSecrets }: KubernetesDeps): Tool {
  const discovery = new Discovery(clock);
  return define({
    name: 'describe_resource',
    toolset: 'kubernetes',
    title: 'Describe an object of any kind',
    description:
      'One object of any kind, custom resources too, as the cluster keeps it, with its events. Values of Secrets and of ' +
      'environment variables are left out, their names stay. For a pod describe_pod is easier to read.',
    input,
    output,
    cut: { list: 'events', from: 'end' },
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const { reader } = cluster;
      const kind = await discovery.resourceKind(args.resource_type, cluster, call.signal);
      if (kind.kind === 'Secret') refuseSecretsToAgents(agentsSeeSecrets, call);
      const object = await read(reader, kind, args, call.signal);
      const now = clock.now();
      const notChecked = new NotChecked();
      const events = await notChecked.try('Event list', eventsOf(reader, object, call.signal), call.signal);
      const redactor = redact();
      const { object: shown, cut } = shownObject(object, redactor, maxObjectBytes);
      const { namespace } = object.metadata;
      const { status } = shown as { status?: { conditions?: Parameters<typeof conditionsOf>[0] } | null };
      return {
        api_version: object.apiVersion,
        kind: object.kind,
        name: object.metadata.name,
        ...(namespace === undefined ? {} : { namespace }),
        age: ageOf(object, now),
        conditions: conditionsOf(status?.conditions),
        object: shown,
        ...(cut === null ? {} : { object_cut: cut }),
        events: redactor.value(eventRows(events ?? [])),
        ...notChecked.fields(),
        ...listHead(cluster, now),
      };
    },
  });
}

/** @throws ToolError `invalid_argument` without the namespace that its kind needs, `not_found`; ReadError */
async function read(
  reader: ClusterReader,
  { apiVersion, kind, namespaced }: ResourceKind,
  args: z.infer<typeof input>,
  signal: AbortSignal,
): Promise<KubeObject> {
  if (namespaced && args.namespace === undefined) {
    const fix = 'Give its namespace; list_namespaces names them.';
    throw new ToolError('invalid_argument', `a ${kind} is in a namespace, and none is given`, fix);
  }
  const namespace = namespaced ? (args.namespace ?? null) : null;
  const object = await reader.get(apiVersion, kind, namespace, args.name, signal);
  if (object === null) throw await notFound(reader, [apiVersion, kind], namespace, args.name, signal);
  return object;
}

async function eventsOf(reader: ClusterReader, object: KubeObject, signal: AbortSignal): Promise<readonly KubeEvent[]> {
  const { name, namespace, uid } = object.metadata;
  const fieldSelector = `involvedObject.kind=${object.kind},involvedObject.name=${name}`;
  // Events about what has no namespace are kept in one all the same.
  const options = { fieldSelector, ...(namespace === undefined ? {} : { namespace }) };
  const { items } = await listWhole(reader, ['v1', 'Event'], options, signal);
  return (items as readonly KubeEvent[]).filter(({ involvedObject: about }) => {
    return !about?.uid || about.uid === uid || object.kind === 'Node';
  });
}
