import { z } from 'zod';
import type { ClusterReader, KubeObject, ListOptions } from '../../../kube/cluster-reader.ts';
import { type Fetched, fetchObjects, objectKey } from '../../page.ts';
import { type HelmRelease, helmRelease } from './helm-release.ts';

/** The newest revision of a release, as a list shows it. */
export type ReleaseRecord = Omit<HelmRelease, 'values'>;

/** A release may hold a megabyte: so many are asked for at a time. */
const atOnce = 20;

const secretKind = ['v1', 'Secret'] as const;

/**
 * Releases at their newest revisions, by namespace and name. What the labels of the Secrets say tells revisions apart, so
 * only what is given is unpacked. `options`: what selects the Secrets. @throws ReadError; ToolError as `fetchObjects`
 */
export async function releasePage(
  reader: ClusterReader,
  options: ListOptions,
  token: string,
  limit: number,
  signal: AbortSignal,
): Promise<Fetched<ReleaseRecord>> {
  const given: ReleaseRecord[] = [];
  let open: Revision[] = [];
  let [at, after] = placeOf(token);
  for (;;) {
    const { items, next, cut } = await fetchObjects(reader, secretKind, { ...options, limit: atOnce }, at, signal);
    for (const [key, secret] of byKey(items)) {
      if (key <= after) continue;
      if (open.every(({ prefix }) => !key.startsWith(prefix))) {
        given.push(...recordsOf(open));
        open = [];
        if (given.length >= limit) return { items: given, next: JSON.stringify([at, after]) };
      }
      open.push(...revisionOf(key, secret));
      after = key;
    }
    if (next === '') {
      return { items: [...given, ...recordsOf(open)], next: '', ...(cut === undefined ? {} : { cut }) };
    }
    at = next;
  }
}

/** The newest revision of one release, null when there is none. @throws as `releasePage` */
export async function newestRelease(
  reader: ClusterReader,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<HelmRelease | null> {
  const options = { namespace, labelSelector: `owner=helm,name=${name}`, limit: atOnce };
  let newest: Revision | undefined;
  let token = '';
  do {
    const { items, next } = await fetchObjects(reader, secretKind, options, token, signal);
    newest = newestOf([...(newest ? [newest] : []), ...byKey(items).flatMap(([key, one]) => revisionOf(key, one))]);
    token = next;
  } while (token !== '');
  return newest === undefined ? null : (helmRelease(newest.secret) ?? { ...unreadable(newest), values: {} });
}

/** In the order of a list of releases: that of their Secrets. */
export function releaseKey({ namespace, name }: Pick<ReleaseRecord, 'namespace' | 'name'>): string {
  return `${namespace}/${secretPrefix}${name}.v`;
}

const secretPrefix = 'sh.helm.release.v1.';

/** The reader's own token, and the last Secret that was looked at. */
const placeSchema = z.tuple([z.string(), z.string()]);

function placeOf(token: string): readonly [string, string] {
  return token === '' ? ['', ''] : placeSchema.parse(JSON.parse(token));
}

function byKey(secrets: readonly KubeObject[]): (readonly [string, KubeObject])[] {
  return secrets.map((secret) => [objectKey(secret), secret] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Revision {
  readonly secret: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** How the keys of all Secrets of its release begin; those of `NAME.v1`, which is another one, do so too. */
  readonly prefix: string;
}

/** Nothing for a Secret that is not Helm's. */
function revisionOf(key: string, secret: KubeObject): Revision[] {
  const { namespace = '', labels = {} } = secret.metadata;
  const { name = '', version = '' } = labels;
  const prefix = releaseKey({ namespace, name });
  if (name === '' || !/^\d{1,9}$/.test(version) || !key.startsWith(prefix)) return [];
  return [{ secret, namespace, name, revision: Number(version), prefix }];
}

function recordsOf(revisions: readonly Revision[]): ReleaseRecord[] {
  const groups = Map.groupBy(revisions, ({ prefix }) => prefix);
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([, group]) => {
    const newest = newestOf(group);
    if (newest === undefined) return [];
    const { values: _, ...record } = helmRelease(newest.secret) ?? { ...unreadable(newest), values: {} };
    return [record];
  });
}

function newestOf(revisions: readonly Revision[]): Revision | undefined {
  return revisions.toSorted((a, b) => b.revision - a.revision)[0];
}

/** What its labels say. */
function unreadable({ secret, namespace, name, revision }: Revision): ReleaseRecord {
  const status = secret.metadata.labels?.['status'] ?? 'unknown';
  const description = 'what Helm keeps of this revision cannot be read';
  const chart = { name: '', version: '', appVersion: null };
  return { name, namespace, revision, status, updated: null, description, chart };
}
