import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityOf } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig } from '../model/fields.ts';

/** Who set a field of an object, and when (ms since the epoch), as its managed fields tell. */
export interface Author {
  readonly manager: string;
  readonly at: number | null;
}

/** The last writer of a field under `spec`: `replicas`, `suspend`, `paused`. Null when the object does not tell. */
export function authorOf(object: KubeObject, field: string): Author | null {
  const writers = (object.metadata.managedFields ?? [])
    .filter((entry) => dig(entry, 'fieldsV1', 'f:spec', `f:${field}`) !== undefined)
    .map((entry) => ({ manager: entry.manager ?? '', at: entry.time === undefined ? null : Date.parse(entry.time) }))
    .filter((author) => author.manager !== '');
  return writers.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0))[0] ?? null;
}

/** `, set by kubectl at 2026-01-01T10:00:00.000Z`; empty when nothing tells. */
export function authorText(author: Author | null): string {
  if (author === null) return '';
  const at = author.at === null || Number.isNaN(author.at) ? '' : ` at ${new Date(author.at).toISOString()}`;
  return `, set by ${author.manager}${at}`;
}

/** Keys under which people and tools write why something stands still. */
const purposeKey =
  /(?:^|[/.-])(?:suspend\w*|paus\w*|maintenance|freeze|frozen|hold|disabled?)(?:[-_.](?:by|reason|until|since|at|for|ticket|note|message|because|why|comment))?$|(?:^|[/.-])reason$/i;

export interface Purpose {
  readonly text: string;
  readonly ref: EvidenceRef | null;
}

/** What an object says about why it stands still, in an annotation; a bare `true` says no reason. Null when it says nothing. */
export function purposeOf(graph: EvidenceGraph, object: KubeObject): Purpose | null {
  const found = Object.entries(object.metadata.annotations ?? {}).find(
    ([key, value]) => purposeKey.test(key) && !/^\s*(?:true|false|yes|no|\d?)\s*$/i.test(value),
  );
  if (!found) return null;
  const [key, value] = found;
  return { text: `${key}: ${value.slice(0, 200)}`, ref: graph.refIn(entityOf(object), `"${key}"`) };
}
