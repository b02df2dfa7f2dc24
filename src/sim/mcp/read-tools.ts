import { type ClusterReader, type KubeObject, ReadError } from '../../kube/cluster-reader.ts';
import { errorText } from '../../lib/problem.ts';
import { missingLog } from '../api/kube-status.ts';
import { listTable } from '../api/kube-table.ts';
import { qualifiedName, resourceByKind } from '../api/resource-types.ts';
import { SelectorError } from '../api/selectors.ts';
import { type ToolAnswer, toolError, toolText } from './tool-answer.ts';
import { yamlText } from '../api/yaml-text.ts';

type Arguments = Readonly<Record<string, unknown>>;
type ReadTool = (reader: ClusterReader, args: Arguments, now: number, signal: AbortSignal) => Promise<ToolAnswer>;

/** The push server's read tools: text only, lists as tables, objects as YAML. */
export const readTools: Readonly<Record<string, ReadTool>> = {
  resources_list: (reader, args, now, signal) => listTool(reader, kindOf(args), args, now, signal),
  resources_get: (reader, args, _now, signal) => getTool(reader, kindOf(args), args, 'failed to get resource', signal),
  pods_list: (reader, args, now, signal) => listTool(reader, podKind, { ...args, namespace: '' }, now, signal),
  pods_list_in_namespace: (reader, args, now, signal) => listTool(reader, podKind, args, now, signal),
  pods_get: (reader, args, _now, signal) => {
    const failure = `failed to get pod ${textOf(args['name'])} in namespace ${textOf(args['namespace'])}`;
    return getTool(reader, podKind, args, failure, signal);
  },
  namespaces_list: (reader, args, now, signal) => listTool(reader, ['v1', 'Namespace'], args, now, signal),
  events_list: eventsTool,
  pods_log: logTool,
};

type Kind = readonly [apiVersion: string, kind: string];
const podKind: Kind = ['v1', 'Pod'];

function kindOf(args: Arguments): Kind {
  return [textOf(args['apiVersion']), textOf(args['kind'])];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function listTool(
  reader: ClusterReader,
  [apiVersion, kind]: Kind,
  args: Arguments,
  now: number,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  try {
    const answer = await reader.list(apiVersion, kind, selection(args), signal);
    return toolText(listTable(apiVersion, kind, answer.items, now));
  } catch (error) {
    return refusal('failed to list resources', error);
  }
}

function selection(args: Arguments): { namespace?: string; labelSelector?: string; fieldSelector?: string } {
  const [namespace, labelSelector, fieldSelector] = [
    textOf(args['namespace']),
    textOf(args['labelSelector']),
    textOf(args['fieldSelector']),
  ];
  return {
    ...(namespace && { namespace }),
    ...(labelSelector && { labelSelector }),
    ...(fieldSelector && { fieldSelector }),
  };
}

async function getTool(
  reader: ClusterReader,
  [apiVersion, kind]: Kind,
  args: Arguments,
  failure: string,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const name = textOf(args['name']);
  if (!name) return toolError('failed to get resource, missing argument name');
  const type = resourceByKind(apiVersion, kind);
  const namespace = type?.namespaced === false ? null : textOf(args['namespace']) || 'default';
  try {
    const object = await reader.get(apiVersion, kind, namespace, name, signal);
    if (object) return toolText(yamlText(withoutManagedFields(object)));
    const resource = type ? qualifiedName(type) : kind.toLowerCase();
    return toolError(`${failure}: ${resource} "${name}" not found`);
  } catch (error) {
    return refusal(failure, error);
  }
}

function withoutManagedFields(object: KubeObject): unknown {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

async function eventsTool(
  reader: ClusterReader,
  args: Arguments,
  _now: number,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  try {
    const { items } = await reader.list('v1', 'Event', selection(args), signal);
    if (items.length === 0) return toolText('# No events found');
    return toolText(`# The following events (YAML format) were found:\n${yamlText(items.map(eventEntry))}`);
  } catch (error) {
    return refusal('failed to list events in all namespaces', error);
  }
}

function eventEntry(event: KubeObject): unknown {
  const involved = event['involvedObject'] as { kind?: string; name?: string; apiVersion?: string } | undefined;
  const time = event['eventTime'] ?? event['firstTimestamp'] ?? event.metadata.creationTimestamp;
  return {
    InvolvedObject: { Kind: involved?.kind ?? '', Name: involved?.name ?? '', apiVersion: involved?.apiVersion ?? '' },
    Message: textOf(event['message']).trim(),
    Namespace: event.metadata.namespace ?? '',
    Reason: textOf(event['reason']),
    Timestamp: goTime(textOf(time)),
    Type: textOf(event['type']),
  };
}

/** `2026-11-20T22:32:38.705113Z` as Go prints a time: `2026-11-20 22:32:38.705113 +0000 UTC`. */
function goTime(text: string): string {
  const [, date, time, fraction = ''] = /^(\S+)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/.exec(text) ?? [];
  return date ? `${date} ${time}${fraction.replace(/\.?0+$/, '')} +0000 UTC` : '0001-01-01 00:00:00 +0000 UTC';
}

async function logTool(reader: ClusterReader, args: Arguments, _now: number, signal: AbortSignal): Promise<ToolAnswer> {
  const [name, namespace] = [textOf(args['name']), textOf(args['namespace']) || 'default'];
  const failure = `failed to get pod ${name} log in namespace ${namespace}`;
  try {
    const pod = await reader.get('v1', 'Pod', namespace, name, signal);
    if (!pod) return toolError(`${failure}: pods "${name}" not found`);
    const container = textOf(args['container']) || firstContainer(pod);
    const previous = args['previous'] === true;
    const tailLines = typeof args['tail'] === 'number' ? args['tail'] : 100;
    const options = { previous, tailLines, limitBytes: 16 * 1024 * 1024 };
    const log = await reader.logs(namespace, name, container, options, signal);
    if (log === null) return toolError(`${failure}: ${missingLog(pod, container, previous)}`);
    return toolText(log || `The pod ${name} in namespace ${namespace} has not logged any message yet`);
  } catch (error) {
    return refusal(failure, error);
  }
}

/** The container whose log is meant when none is named. */
function firstContainer(pod: KubeObject): string {
  const spec = pod['spec'] as { containers?: readonly { name: string }[] } | undefined;
  return spec?.containers?.[0]?.name ?? '';
}

function refusal(failure: string, error: unknown): ToolAnswer {
  if (error instanceof ReadError || error instanceof SelectorError) return toolError(`${failure}: ${error.message}`);
  return toolError(`${failure}: ${errorText(error)}`);
}
