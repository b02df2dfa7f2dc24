import { z } from 'zod';
import type { ClusterReader, KubeObject } from '../../kube/cluster-reader.ts';
import { items, type Pod } from '../../kube/objects.ts';
import { controllerRef } from '../../kube/owner.ts';
import { clusterArgs, clusterOf } from '../clusters.ts';
import { present } from '../present.ts';
import { define, type Tool } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { podEvents } from './events.ts';
import { podArgs } from './read/args.ts';
import { containerItem, containersOf } from './read/containers.ts';
import { eventRow, eventRows } from './read/event-rows.ts';
import { notFound } from './read/not-found.ts';
import { podColumns } from './read/pod-status.ts';
import { problemField, problemsOf } from './read/problems.ts';
import {
  ageField,
  ageOf,
  conditionItem,
  conditionsOf,
  isoOf,
  listHead,
  notCheckedField,
  textsOf,
} from './read/results.ts';
import { placeOfObject } from './read/surroundings.ts';
import { NotChecked } from './read/whole-list.ts';

const description = z.object({
  name: z.string(),
  namespace: z.string(),
  status: z.string().describe("kubectl's STATUS column."),
  phase: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  ready: z.string(),
  restarts: z.int(),
  node: z.string().optional(),
  pod_ip: z.string().optional(),
  created: z.string().optional(),
  started: z.string().optional(),
  deleted: z.string().optional().describe('When its deletion was asked for.'),
  ...ageField,
  labels: z.record(z.string(), z.string()),
  service_account: z.string().optional(),
  priority_class: z.string().optional(),
  qos: z.string().optional(),
  restart_policy: z.string().optional(),
  node_selector: z.record(z.string(), z.string()),
  tolerations: z.array(z.string()).describe('As key=value:effect.'),
  containers: z.array(containerItem),
  volumes: z.array(
    z.object({
      name: z.string(),
      type: z.string().describe('As the pod writes it: configMap, secret, persistentVolumeClaim, emptyDir …'),
      from: z.string().optional().describe('Name of what it holds.'),
    }),
  ),
  conditions: z.array(conditionItem),
  owners: z
    .array(z.object({ kind: z.string(), name: z.string() }))
    .describe('What made it and what made that, up to the root.'),
  ...problemField,
  events: z.array(eventRow),
  ...notCheckedField,
  as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
  source: z.string(),
});

type Description = z.infer<typeof description>;

/** `describe_pod` */
export function describePod({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'describe_pod',
    toolset: 'kubernetes',
    title: 'Describe a pod',
    description:
      'All of one pod: its containers with states, exit codes, probes and resources, volumes, conditions, owners and ' +
      'events. Use it after list_pods, to see why a pod does not run. Environment variables come without their values.',
    input: z.strictObject({ ...clusterArgs, ...podArgs }),
    output: description,
    cut: { list: 'events', from: 'end' },
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const { signal } = call;
      const { reader } = cluster;
      const pod: Pod | null = await reader.get('v1', 'Pod', args.namespace, args.pod, signal);
      if (pod === null) throw await notFound(reader, ['v1', 'Pod'], args.namespace, args.pod, signal);
      const now = clock.now();
      const notChecked = new NotChecked();
      const reading = podEvents(reader, args.namespace, args.pod, pod.metadata.uid, signal);
      const events = await notChecked.try('Event list', reading, signal);
      const scope = { reader, namespaces: [args.namespace], whole: false, now, notChecked };
      const problem = (await problemsOf('Pod', [pod], scope, signal)).get(placeOfObject(pod));
      return {
        ...describe(pod, now),
        owners: await ownersOf(pod, reader, notChecked, signal),
        ...(problem === undefined ? {} : { problem }),
        events: eventRows(events ?? []),
        ...notChecked.fields(),
        ...listHead(cluster, now),
      };
    },
  });
}

/** Owners further up are not looked for. */
const maxOwners = 5;

/** Up the controllers; one that cannot be read is the last that is known. */
async function ownersOf(
  pod: Pod,
  reader: ClusterReader,
  notChecked: NotChecked,
  signal: AbortSignal,
): Promise<Description['owners']> {
  const owners: Description['owners'] = [];
  let current: KubeObject | null = pod;
  while (current !== null && owners.length < maxOwners) {
    const controller = controllerRef(current);
    if (controller === null) break;
    const { apiVersion, kind, namespace, name } = controller;
    owners.push({ kind, name });
    current = await notChecked.try(`${kind} ${name}`, reader.get(apiVersion, kind, namespace, name, signal), signal);
  }
  return owners;
}

type FromPod = Omit<Description, 'owners' | 'problem' | 'events' | 'not_checked' | 'as_of' | 'source'>;

function describe(pod: Pod, now: number): FromPod {
  const { metadata, spec, status } = pod;
  const { status: shown, ready, restarts } = podColumns(pod);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    status: shown,
    phase: status?.phase ?? 'Unknown',
    ready,
    restarts,
    age: ageOf(pod, now),
    ...present({
      reason: status?.reason,
      message: status?.message,
      node: spec?.nodeName,
      pod_ip: status?.podIP,
      created: isoOf(metadata.creationTimestamp),
      started: isoOf(status?.startTime),
      deleted: isoOf(metadata.deletionTimestamp),
      service_account: spec?.serviceAccountName,
      priority_class: spec?.priorityClassName,
      qos: status?.qosClass,
      restart_policy: spec?.restartPolicy,
    }),
    labels: textsOf(metadata.labels),
    node_selector: textsOf(spec?.nodeSelector),
    tolerations: items(spec?.tolerations).map(tolerationText),
    containers: containersOf(pod),
    volumes: items(spec?.volumes).map(volumeOf),
    conditions: conditionsOf(status?.conditions),
  };
}

type Toleration = NonNullable<NonNullable<NonNullable<Pod['spec']>['tolerations']>[number]>;

function tolerationText({ key, operator, value, effect }: Toleration): string {
  const what = operator === 'Exists' || !value ? (key ?? '*') : `${key ?? ''}=${value}`;
  return effect ? `${what}:${effect}` : what;
}

type Volume = NonNullable<NonNullable<NonNullable<Pod['spec']>['volumes']>[number]>;

/** A volume has a name and one field, which says its type. */
function volumeOf(volume: Volume): Description['volumes'][number] {
  const [type = 'unknown'] = Object.keys(volume).filter((key) => key !== 'name');
  const { configMap, secret, persistentVolumeClaim, hostPath, projected, csi } = volume;
  const parts = items(projected?.sources).flatMap((source) => source.configMap?.name ?? source.secret?.name ?? []);
  const from =
    configMap?.name ??
    secret?.secretName ??
    persistentVolumeClaim?.claimName ??
    hostPath?.path ??
    csi?.driver ??
    (parts.length === 0 ? undefined : parts.join(', '));
  return { name: volume.name ?? '', type, ...(from ? { from } : {}) };
}
