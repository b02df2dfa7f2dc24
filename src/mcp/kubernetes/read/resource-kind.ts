import { closest } from 'fastest-levenshtein';
import pLimit from 'p-limit';
import { type ClusterReader, ReadError } from '../../../kube/cluster-reader.ts';
import { groupOf, kindNamed, kinds } from '../../../kube/kinds.ts';
import { ToolError } from '../../tool-error.ts';

/** A kind as objects name it. */
export interface ResourceKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * The kind that a word means, as kubectl takes it: `deploy`, `certificates`, `widget.example.com`,
 * `Widget.v1.example.com`. Kinds that we do not know are looked for in what the API server says of itself.
 * @throws ToolError `invalid_argument` for a word that means none; ReadError
 */
export async function resourceKind(word: string, reader: ClusterReader, signal: AbortSignal): Promise<ResourceKind> {
  const known = kindNamed(word);
  if (known !== null) return known;
  const asked = partsOf(word);
  const served = await servedKinds(reader, asked, signal);
  if (served === null) return withoutDiscovery(word, asked);
  const found = served.find((one) => isMeant(one, asked));
  if (found !== undefined) return found;
  const names = [...kinds.map(({ kind }) => kind.toLowerCase()), ...served.map(({ kind }) => kind.toLowerCase())];
  throw new ToolError('invalid_argument', `the cluster has no kind of object called ${word}`, {
    steps: [`The nearest is ${closest(asked.name, names)}; kubectl api-resources lists all.`],
  });
}

interface Asked {
  /** In lower case. */
  readonly name: string;
  /** What stands behind the name: a group, or a version and a group; empty when nothing does. */
  readonly rest: string;
}

function partsOf(word: string): Asked {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  return { name, rest: rest.join('.') };
}

interface ServedKind extends ResourceKind {
  readonly names: readonly string[];
}

function isMeant({ names, apiVersion }: ServedKind, { name, rest }: Asked): boolean {
  if (!names.includes(name)) return false;
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return rest === '' || rest === group || rest === `${version}.${group}`;
}

/** API groups are asked so many at a time. */
const atOnce = 8;

/** Every kind of the groups that may hold it, in the order of the server; null where nobody can be asked. */
async function servedKinds(
  reader: ClusterReader,
  { rest }: Asked,
  signal: AbortSignal,
): Promise<readonly ServedKind[] | null> {
  const versions = await groupVersions(reader, signal);
  if (versions === null) return null;
  const fits = versions.filter((version) => rest === '' || rest.endsWith(groupOf(version)));
  const slots = pLimit(atOnce);
  const lists = fits.map((version) => slots(() => kindsOf(reader, version, signal)));
  return (await Promise.all(lists)).flat();
}

async function groupVersions(reader: ClusterReader, signal: AbortSignal): Promise<readonly string[] | null> {
  const document = await documentOf(reader, '/apis', signal);
  if (document === null) return null;
  const { groups } = document as { groups?: readonly GroupDocument[] };
  return ['v1', ...(Array.isArray(groups) ? (groups as readonly GroupDocument[]) : []).flatMap(versionsOf)];
}

interface GroupDocument {
  readonly versions?: readonly { readonly groupVersion?: string }[];
  readonly preferredVersion?: { readonly groupVersion?: string };
}

/** The version first that the server prefers. */
function versionsOf({ versions = [], preferredVersion }: GroupDocument): string[] {
  const all = [preferredVersion, ...versions].map((one) => one?.groupVersion);
  return [...new Set(all.filter((one) => typeof one === 'string'))];
}

async function kindsOf(reader: ClusterReader, apiVersion: string, signal: AbortSignal): Promise<ServedKind[]> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  // An aggregated API that is down says nothing of its kinds; the others are still there.
  const document = await documentOf(reader, path, signal);
  const { resources } = (document ?? {}) as { resources?: readonly ResourceDocument[] };
  return (Array.isArray(resources) ? (resources as readonly ResourceDocument[]) : []).flatMap((one) => {
    const { name = '', kind = '', singularName = '', shortNames = [], namespaced = false } = one;
    if (kind === '' || name === '' || name.includes('/')) return [];
    const names = [name, singularName, kind, ...shortNames].map((text) => text.toLowerCase());
    return [{ apiVersion, kind, namespaced, names }];
  });
}

interface ResourceDocument {
  readonly name?: string;
  readonly kind?: string;
  readonly singularName?: string;
  readonly shortNames?: readonly string[];
  readonly namespaced?: boolean;
}

/** Null when nobody can tell. */
async function documentOf(reader: ClusterReader, path: string, signal: AbortSignal): Promise<unknown> {
  if (!reader.document) return null;
  try {
    return await reader.document(path, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadError) return null;
    throw error;
  }
}

/** A kind that is written in full can be asked for without looking it up. @throws ToolError `invalid_argument` */
function withoutDiscovery(word: string, { rest }: Asked): ResourceKind {
  const [kind = ''] = word.split('.');
  const full = /^(v\d+\w*)\.(.+)$/.exec(rest);
  if (full && /^[A-Z]/.test(kind)) return { apiVersion: `${full[2]}/${full[1]}`, kind, namespaced: true };
  throw new ToolError('invalid_argument', `what ${word} means cannot be looked up in this cluster`, {
    steps: ['Write the kind as KIND.VERSION.GROUP, such as Certificate.v1.cert-manager.io.'],
  });
}
