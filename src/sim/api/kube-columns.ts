import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kubectlAge } from '../../lib/format.ts';
import { podReady, podRestarts, podStatus } from './pod-columns.ts';

/** A column of kubectl's wide table. */
export interface TableColumn {
  readonly name: string;
  /** The cell, `now` in ms since the epoch. */
  value(object: KubeObject, now: number): string | number;
}

/** kubectl's wide columns of a kind; NAME and AGE for kinds without own ones. */
export function tableColumns(kind: string): readonly TableColumn[] {
  return columnsByKind[kind] ?? [name, age];
}

/** A field by its path; `undefined` when something on the way is absent. */
function field(object: unknown, ...path: (string | number)[]): unknown {
  let value: unknown = object;
  for (const key of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : undefined;
  return value;
}

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
const orNone = (value: unknown): string => text(value) || '<none>';
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const array = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const column = (name: string, value: TableColumn['value']): TableColumn => ({ name, value });
const at = (name: string, ...path: (string | number)[]): TableColumn =>
  column(name, (object) => orNone(field(object, ...path)));
const orUnknown = (name: string, key: string): TableColumn =>
  column(name, (node) => text(field(node, 'status', 'nodeInfo', key)) || '<unknown>');
const count = (name: string, ...path: string[]): TableColumn =>
  column(name, (object) => number(field(object, ...path)));

const name = column('NAME', (object) => object.metadata.name);
const age = column('AGE', (object, now) => since(object.metadata.creationTimestamp, now));

function since(timestamp: unknown, now: number): string {
  return typeof timestamp === 'string' ? kubectlAge(now - Date.parse(timestamp)) : '<unknown>';
}

const containers = column('CONTAINERS', (object) => containerField(object, 'name'));
const images = column('IMAGES', (object) => containerField(object, 'image'));
const selector = column('SELECTOR', (object) => pairs(field(object, 'spec', 'selector', 'matchLabels')));

function containerField(object: KubeObject, key: string): string {
  const template = field(object, 'spec', 'jobTemplate', 'spec', 'template') ?? field(object, 'spec', 'template');
  return array(field(template, 'spec', 'containers'))
    .map((container) => text(field(container, key)))
    .join(',');
}

function pairs(map: unknown): string {
  const entries = typeof map === 'object' && map !== null ? Object.entries(map) : [];
  return (
    entries
      .map(([key, value]) => `${key}=${text(value)}`)
      .sort()
      .join(',') || '<none>'
  );
}

function condition(object: KubeObject, type: string): unknown {
  return array(field(object, 'status', 'conditions')).find((entry) => field(entry, 'type') === type);
}

function nodeStatus(node: KubeObject): string {
  const ready = condition(node, 'Ready');
  const status = ready === undefined ? 'Unknown' : field(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return field(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(node.metadata.labels ?? {}).filter((key) => key.startsWith(prefix));
  return (
    roles
      .map((key) => key.slice(prefix.length))
      .sort()
      .join(',') || '<none>'
  );
}

function nodeAddress(type: string): TableColumn['value'] {
  return (node) => {
    const address = array(field(node, 'status', 'addresses')).find((entry) => field(entry, 'type') === type);
    return orNone(field(address, 'address'));
  };
}

function jobStatus(job: KubeObject): string {
  for (const type of ['Complete', 'Failed', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet']) {
    if (field(condition(job, type), 'status') === 'True') return type;
  }
  return job.metadata.deletionTimestamp ? 'Terminating' : 'Running';
}

function jobDuration(job: KubeObject, now: number): string {
  const start = field(job, 'status', 'startTime');
  if (typeof start !== 'string') return '';
  const end = field(job, 'status', 'completionTime');
  return kubectlAge((typeof end === 'string' ? Date.parse(end) : now) - Date.parse(start));
}

function servicePorts(service: KubeObject): string {
  const port = (entry: unknown): string =>
    `${text(field(entry, 'port'))}${field(entry, 'nodePort') ? `:${text(field(entry, 'nodePort'))}` : ''}/${text(field(entry, 'protocol'))}`;
  return (
    array(field(service, 'spec', 'ports'))
      .map(port)
      .join(',') || '<none>'
  );
}

function eventSeen(which: 'first' | 'last'): TableColumn['value'] {
  return (event, now) => {
    const series = which === 'last' ? field(event, 'series', 'lastObservedTime') : undefined;
    return since(series ?? field(event, `${which}Timestamp`) ?? field(event, 'eventTime'), now);
  };
}

const involved = column('OBJECT', (event) => {
  const object = field(event, 'involvedObject');
  return `${text(field(object, 'kind')).toLowerCase()}/${text(field(object, 'name'))}`;
});
const eventSource = column('SOURCE', (event) => {
  const component = text(field(event, 'source', 'component')) || text(field(event, 'reportingComponent'));
  const host = text(field(event, 'source', 'host')) || text(field(event, 'reportingInstance'));
  return host ? `${component}, ${host}` : component;
});

const columnsByKind: Record<string, readonly TableColumn[]> = {
  Pod: [
    name,
    column('READY', podReady),
    column('STATUS', podStatus),
    column('RESTARTS', podRestarts),
    age,
    at('IP', 'status', 'podIP'),
    at('NODE', 'spec', 'nodeName'),
    at('NOMINATED NODE', 'status', 'nominatedNodeName'),
    column('READINESS GATES', () => '<none>'),
  ],
  Node: [
    name,
    column('STATUS', nodeStatus),
    column('ROLES', nodeRoles),
    age,
    at('VERSION', 'status', 'nodeInfo', 'kubeletVersion'),
    column('INTERNAL-IP', nodeAddress('InternalIP')),
    column('EXTERNAL-IP', nodeAddress('ExternalIP')),
    orUnknown('OS-IMAGE', 'osImage'),
    orUnknown('KERNEL-VERSION', 'kernelVersion'),
    orUnknown('CONTAINER-RUNTIME', 'containerRuntimeVersion'),
  ],
  Deployment: [
    name,
    column('READY', (d) => `${number(field(d, 'status', 'readyReplicas'))}/${number(field(d, 'spec', 'replicas'))}`),
    count('UP-TO-DATE', 'status', 'updatedReplicas'),
    count('AVAILABLE', 'status', 'availableReplicas'),
    age,
    containers,
    images,
    selector,
  ],
  ReplicaSet: [
    name,
    count('DESIRED', 'spec', 'replicas'),
    count('CURRENT', 'status', 'replicas'),
    count('READY', 'status', 'readyReplicas'),
    age,
    containers,
    images,
    selector,
  ],
  StatefulSet: [
    name,
    column('READY', (s) => `${number(field(s, 'status', 'readyReplicas'))}/${number(field(s, 'spec', 'replicas'))}`),
    age,
    containers,
    images,
  ],
  DaemonSet: [
    name,
    count('DESIRED', 'status', 'desiredNumberScheduled'),
    count('CURRENT', 'status', 'currentNumberScheduled'),
    count('READY', 'status', 'numberReady'),
    count('UP-TO-DATE', 'status', 'updatedNumberScheduled'),
    count('AVAILABLE', 'status', 'numberAvailable'),
    column('NODE SELECTOR', (d) => pairs(field(d, 'spec', 'template', 'spec', 'nodeSelector'))),
    age,
    containers,
    images,
    selector,
  ],
  Job: [
    name,
    column('STATUS', jobStatus),
    column('COMPLETIONS', (j) => `${number(field(j, 'status', 'succeeded'))}/${text(field(j, 'spec', 'completions'))}`),
    column('DURATION', jobDuration),
    age,
    containers,
    images,
    selector,
  ],
  CronJob: [
    name,
    at('SCHEDULE', 'spec', 'schedule'),
    at('TIMEZONE', 'spec', 'timeZone'),
    column('SUSPEND', (c) => (field(c, 'spec', 'suspend') === true ? 'True' : 'False')),
    column('ACTIVE', (c) => array(field(c, 'status', 'active')).length),
    column('LAST SCHEDULE', (c, now) => {
      const last = field(c, 'status', 'lastScheduleTime');
      return typeof last === 'string' ? since(last, now) : '<none>';
    }),
    age,
    containers,
    images,
    column('SELECTOR', () => '<none>'),
  ],
  Service: [
    name,
    at('TYPE', 'spec', 'type'),
    at('CLUSTER-IP', 'spec', 'clusterIP'),
    column('EXTERNAL-IP', () => '<none>'),
    column('PORT(S)', servicePorts),
    age,
    column('SELECTOR', (s) => pairs(field(s, 'spec', 'selector'))),
  ],
  PersistentVolumeClaim: [
    name,
    at('STATUS', 'status', 'phase'),
    column('VOLUME', (c) => text(field(c, 'spec', 'volumeName'))),
    column('CAPACITY', (c) => text(field(c, 'status', 'capacity', 'storage'))),
    column('ACCESS MODES', (c) => accessModes(field(c, 'status', 'accessModes'))),
    column('STORAGECLASS', (c) => text(field(c, 'spec', 'storageClassName'))),
    column('VOLUMEATTRIBUTESCLASS', (c) => text(field(c, 'spec', 'volumeAttributesClassName')) || '<unset>'),
    age,
    at('VOLUMEMODE', 'spec', 'volumeMode'),
  ],
  Namespace: [name, at('STATUS', 'status', 'phase'), age],
  ConfigMap: [name, column('DATA', (c) => Object.keys((field(c, 'data') as object | undefined) ?? {}).length), age],
  Event: [
    column('LAST SEEN', eventSeen('last')),
    column('TYPE', (e) => text(field(e, 'type'))),
    column('REASON', (e) => text(field(e, 'reason'))),
    involved,
    column('SUBOBJECT', (e) => text(field(e, 'involvedObject', 'fieldPath'))),
    eventSource,
    column('MESSAGE', (e) => text(field(e, 'message')).trim()),
    column('FIRST SEEN', eventSeen('first')),
    column('COUNT', (e) => number(field(e, 'series', 'count') ?? field(e, 'count')) || 1),
    name,
  ],
};

function accessModes(modes: unknown): string {
  const short: Record<string, string> = {
    ReadWriteOnce: 'RWO',
    ReadOnlyMany: 'ROX',
    ReadWriteMany: 'RWX',
    ReadWriteOncePod: 'RWOP',
  };
  return array(modes)
    .map((mode) => short[text(mode)] ?? '')
    .join(',');
}
