import { closest } from 'fastest-levenshtein';
import { type ClusterReader, ReadError } from '../../../kube/cluster-reader.ts';
import { kindNamed, kinds } from '../../../kube/kinds.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { ToolCluster } from '../../clusters.ts';
import { ToolError } from '../../tool-error.ts';

/** A kind as objects name it. */
export interface ResourceKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** For so long a cluster is not asked again what kinds it serves, ms. */
const keptMs = 60_000;

/** What API servers have said of the kinds that they serve, kept for a short time. */
export class Discovery {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #kept = new Map<string, { readonly until: number; readonly served: ServedKinds }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * The kind that a word means, as kubectl takes it: `deploy`, `certificates`, `widget.example.com`,
   * `Widget.v1.example.com`. Kinds that we do not know are looked for in what the API server says of itself.
   * @throws ToolError `invalid_argument` for a word that means none; ReadError
   */
  async resourceKind(
    word: string,
    { name, reader }: Pick<ToolCluster, 'name' | 'reader'>,
    signal: AbortSignal,
  ): Promise<ResourceKind> {
    const known = kindNamed(word);
    if (known !== null) return known;
    const asked = partsOf(word);
    const kept = this.#of(name);
    const found = kept === null ? null : await kept.find(asked, reader, signal);
    if (found !== null) return found;
    // What was not there a while ago may have been installed since.
    const served = new ServedKinds();
    this.#kept.set(name, { until: this.#clock.monotonic() + keptMs, served });
    const meant = await served.find(asked, reader, signal);
    if (meant !== null) return meant;
    if (!served.isKnown) return withoutDiscovery(word, asked);
    const names = [...kinds.map(({ kind }) => kind.toLowerCase()), ...served.names()];
    throw new ToolError('invalid_argument', `the cluster has no kind of object called ${word}`, {
      steps: [`The nearest is ${closest(asked.name, names)}; kubectl api-resources lists all.`],
    });
  }

  #of(cluster: string): ServedKinds | null {
    const now = this.#clock.monotonic();
    for (const [name, { until }] of this.#kept) if (until <= now) this.#kept.delete(name);
    return this.#kept.get(cluster)?.served ?? null;
  }
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

function isMeant({ names, apiVersion }: ServedKind, asked: Asked): boolean {
  return names.includes(asked.name) && mayHold(apiVersion, asked);
}

function mayHold(apiVersion: string, { rest }: Asked): boolean {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return rest === '' || rest === group || rest === `${version}.${group}`;
}

/** API groups are asked so many at a time. */
const atOnce = 8;

/** What one API server has said so far: its groups, and of each version that was asked for its kinds. */
class ServedKinds {
  #versions: Versions | null = null;
  readonly #kinds = new Map<string, readonly ServedKind[]>();

  /** False when nobody could be asked. */
  get isKnown(): boolean {
    return this.#versions !== null;
  }

  names(): string[] {
    return [...this.#kinds.values()].flat().map(({ kind }) => kind.toLowerCase());
  }

  /** Asks no more than it takes to find it; null when there is none. */
  async find(asked: Asked, reader: ClusterReader, signal: AbortSignal): Promise<ServedKind | null> {
    this.#versions ??= await groupVersions(reader, signal);
    if (this.#versions === null) return null;
    const { preferred, others } = this.#versions;
    const among = (versions: readonly string[]) => this.#findAmong(versions, asked, reader, signal);
    return (await among(preferred)) ?? (await among(others));
  }

  async #findAmong(
    all: readonly string[],
    asked: Asked,
    reader: ClusterReader,
    signal: AbortSignal,
  ): Promise<ServedKind | null> {
    const versions = all.filter((version) => mayHold(version, asked));
    for (let from = 0; from < versions.length; from += atOnce) {
      const some = versions.slice(from, from + atOnce);
      const lists = await Promise.all(some.map((version) => this.#kindsOf(version, reader, signal)));
      const found = lists.flat().find((one) => isMeant(one, asked));
      if (found !== undefined) return found;
    }
    return null;
  }

  async #kindsOf(version: string, reader: ClusterReader, signal: AbortSignal): Promise<readonly ServedKind[]> {
    const known = this.#kinds.get(version);
    if (known !== undefined) return known;
    const found = await kindsOf(reader, version, signal);
    if (found === null) return [];
    this.#kinds.set(version, found);
    return found;
  }
}

/** Every version of every group, in the order of the server. */
interface Versions {
  /** One of each group. */
  readonly preferred: readonly string[];
  readonly others: readonly string[];
}

/** Null when nobody can be asked. */
async function groupVersions(reader: ClusterReader, signal: AbortSignal): Promise<Versions | null> {
  const document = await documentOf(reader, '/apis', signal);
  if (document === null) return null;
  const { groups } = document as { groups?: readonly GroupDocument[] };
  const lists = (Array.isArray(groups) ? (groups as readonly GroupDocument[]) : []).map(versionsOf);
  const preferred = lists.flatMap(([first]) => first ?? []);
  return { preferred: ['v1', ...preferred], others: lists.flatMap(([, ...others]) => others) };
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

/** Null when it does not say. */
async function kindsOf(reader: ClusterReader, apiVersion: string, signal: AbortSignal): Promise<ServedKind[] | null> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  // An aggregated API that is down says nothing of its kinds; the others are still there.
  const document = await documentOf(reader, path, signal);
  if (document === null) return null;
  const { resources } = document as { resources?: readonly ResourceDocument[] };
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
