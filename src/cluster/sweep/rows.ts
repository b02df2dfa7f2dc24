import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindNamed } from '../../kube/kinds.ts';
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
