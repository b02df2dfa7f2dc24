import type { KubeObject } from '../../kube/cluster-reader.ts';
import { isSwept, kindNamed, type SweptKind } from '../../kube/kinds.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import type { Row } from '../../kube/read/tool-list.ts';

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, y: 31_536_000_000 };

/** An age as kubectl prints it (`8m56s`, `3d`), ms; null for `<unknown>`. */
export function parseAge(text: string | undefined): number | null {
  const parts = [...(text ?? '').matchAll(/(\d+)([smhdy])/g)];
  if (parts.length === 0) return null;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0);
}

/** A row of `v1/Event` as an event without uids; null for a kind that the columns do not tell enough of. */
export function eventOfRow(row: Row, now: number): KubeEvent | null {
  const { columns, name, namespace } = row;
  const [kind = '', ...rest] = (columns['object'] ?? '').split('/');
  const known = kindNamed(kind);
  const age = parseAge(columns['last seen']);
  if (!known || rest.length === 0 || age === null) return null;
  const at = (ms: number): string => new Date(now - ms).toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, ...(namespace ? { namespace } : {}) },
    type: columns['type'],
    reason: columns['reason'],
    message: columns['message'],
    count: Number(columns['count']) || 1,
    firstTimestamp: at(parseAge(columns['first seen']) ?? age),
    lastTimestamp: at(age),
    involvedObject: {
      apiVersion: known.apiVersion,
      kind: known.kind,
      name: rest.join('/'),
      ...(namespace && known.namespaced ? { namespace } : {}),
    },
  };
}

/** The labels of a LABELS or SELECTOR column. */
export function parseLabels(text: string | undefined): Record<string, string> {
  if (!text || text.startsWith('<')) return {};
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** `2/3` → [2, 3]; null when the cell is no such pair. */
export function parsePair(text: string | undefined): readonly [number, number] | null {
  const match = /^(\d+)\/(\d+)$/.exec(text ?? '');
  return match ? [Number(match[1]), Number(match[2])] : null;
}

/** What a row tells of an object besides its columns: enough to be selected by, not enough for a detector. */
export function shellOfRow(row: Row, apiVersion: string, kind: string): KubeObject {
  const metadata = { name: row.name, ...(row.namespace ? { namespace: row.namespace } : {}) };
  const labels = parseLabels(row.columns['labels']);
  const template = { metadata: { labels: parseLabels(row.columns['selector']) } };
  return { apiVersion, kind, metadata: { ...metadata, labels }, spec: { template } };
}

const wellPod = new Set(['Running', 'Completed', 'Succeeded']);

/**
 * Whether a row of a list looks as if its object had a fault, and is worth a read. Rows decide nothing else: detectors
 * see full objects only. Columns are kubectl's.
 */
const suspects: Record<SweptKind, ((columns: Readonly<Record<string, string>>) => boolean) | null> = {
  Pod: (columns) => {
    const status = columns['status'] ?? '';
    if (status === 'Completed' || status === 'Succeeded') return false;
    return !wellPod.has(status) || lacks(columns['ready']);
  },
  Node: (columns) => columns['status'] !== 'Ready' && columns['status'] !== 'Ready,SchedulingDisabled',
  Deployment: (columns) => lacks(columns['ready']) || lessThanWanted(columns),
  StatefulSet: (columns) => lacks(columns['ready']),
  DaemonSet: (columns) => Number(columns['ready'] ?? 0) < Number(columns['desired'] ?? 0),
  Job: (columns) => columns['status'] === 'Failed' || columns['status'] === 'FailureTarget',
  PersistentVolumeClaim: (columns) => columns['status'] !== 'Bound',
  HorizontalPodAutoscaler: (columns) => (columns['targets'] ?? '').includes('<unknown>'),
  Namespace: (columns) => columns['status'] === 'Terminating',
  // What is wrong with these shows in other kinds, or in the object alone.
  Event: null,
  Service: null,
  EndpointSlice: null,
  Ingress: null,
};

export function isSuspectRow(kind: string, row: Row): boolean {
  return isSwept(kind) && suspects[kind]?.(row.columns) === true;
}

/** States in which a pod has ended: it does not change any more, and may lie there for ever. */
const endedPod =
  /^(Evicted|Error|OOMKilled|ContainerStatusUnknown|NodeShutdown|Terminated|Shutdown|NodeAffinity|NodeLost|Preempting|UnexpectedAdmissionError|OutOf\w+|ExitCode:\d+|Failed|Unknown)$/;
/** An ended pod of this age is not news, ms. */
const endedLongAgoMs = 60 * 60_000;

/** How telling a row is: 0 looks as if there were a fault now, 1 as if there had been one long ago, 2 says nothing. */
export function rankOfRow(kind: string, row: Row): 0 | 1 | 2 {
  if (!isSuspectRow(kind, row)) return 2;
  const ended = kind === 'Pod' && endedPod.test(row.columns['status'] ?? '');
  return ended && (parseAge(row.columns['age']) ?? 0) > endedLongAgoMs ? 1 : 0;
}

/** What a row says, without what changes by itself. */
export function printOfRow({ columns }: Row): string {
  const { age: _age, labels: _labels, 'last seen': _lastSeen, 'first seen': _firstSeen, ...rest } = columns;
  // Restarts are "5 (3m ago)".
  return Object.values(rest)
    .join('|')
    .replaceAll(/ \([^)]*\)/g, '');
}

function lacks(cell: string | undefined): boolean {
  const pair = parsePair(cell);
  return pair !== null && pair[0] < pair[1];
}

/** The rollout of a Deployment has not reached all replicas. */
function lessThanWanted(columns: Readonly<Record<string, string>>): boolean {
  const pair = parsePair(columns['ready']);
  return pair !== null && Number(columns['up-to-date'] ?? pair[1]) < pair[1];
}

/** Running Jobs without a pod: the names of pods begin with the name of their Job. */
export function podlessJobs(jobs: readonly Row[], pods: readonly Row[]): Row[] {
  const running = jobs.filter(({ columns }) => columns['status'] === 'Running' && lacks(columns['completions']));
  const prefixes = new Set(
    pods.map(({ namespace, name }) => `${namespace}/${name.slice(0, Math.max(0, name.lastIndexOf('-')))}`),
  );
  // The pods of an indexed Job carry their index as well.
  const has = (row: Row): boolean =>
    [...prefixes].some(
      (prefix) =>
        prefix === `${row.namespace}/${row.name}` ||
        (prefix.startsWith(`${row.namespace}/${row.name}-`) && /-\d+$/.test(prefix)),
    );
  return running.filter((row) => !has(row));
}

/** Services whose EndpointSlices show no endpoint, or no port, in any row. */
export function suspectServices(services: readonly Row[], slices: readonly Row[]): Row[] {
  const filled = new Set<string>();
  for (const slice of slices) {
    const { namespace, columns } = slice;
    const service = serviceOfSlice(slice);
    if (service && isSet(columns['endpoints']) && isSet(columns['ports'])) filled.add(`${namespace}/${service}`);
  }
  return services.filter(
    (row) =>
      isSet(row.columns['selector']) &&
      row.columns['type'] !== 'ExternalName' &&
      !filled.has(`${row.namespace}/${row.name}`),
  );
}

/** The Service that the row of an EndpointSlice belongs to. */
export function serviceOfSlice({ columns }: Row): string | undefined {
  return /(?:^|,)kubernetes\.io\/service-name=([^,]+)/.exec(columns['labels'] ?? '')?.[1];
}

function isSet(cell: string | undefined): boolean {
  return cell !== undefined && cell !== '' && !cell.startsWith('<');
}
