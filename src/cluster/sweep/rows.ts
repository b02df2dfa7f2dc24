import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import type { Row } from '../../kube/tool-list.ts';

/** Kinds as the OBJECT column of events spells them, and where they live. */
const involvedKinds: Record<string, { apiVersion: string; kind: string }> = {
  pod: { apiVersion: 'v1', kind: 'Pod' },
  node: { apiVersion: 'v1', kind: 'Node' },
  service: { apiVersion: 'v1', kind: 'Service' },
  persistentvolumeclaim: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  persistentvolume: { apiVersion: 'v1', kind: 'PersistentVolume' },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
  replicaset: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  statefulset: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  daemonset: { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  job: { apiVersion: 'batch/v1', kind: 'Job' },
  cronjob: { apiVersion: 'batch/v1', kind: 'CronJob' },
  horizontalpodautoscaler: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  ingress: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  poddisruptionbudget: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
};

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
  const known = involvedKinds[kind.toLowerCase()];
  const age = parseAge(columns['last seen']);
  if (!known || rest.length === 0 || age === null) return null;
  const at = (ms: number): string => new Date(now - ms).toISOString();
  const cluster = known.kind === 'Node' || known.kind === 'PersistentVolume';
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
    involvedObject: { ...known, name: rest.join('/'), ...(namespace && !cluster ? { namespace } : {}) },
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
