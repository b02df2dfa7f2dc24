import { z } from 'zod';
import {
  type ClusterReader,
  type KubeObject,
  type ListAnswer,
  type ListOptions,
  ReadError,
} from '../kube/cluster-reader.ts';
import type { ToolCall } from './tool.ts';
import { ToolError } from './tool-error.ts';

/** The arguments of a list that is given in pages, for the schema of a tool. */
export const pageArgs = {
  cursor: z
    .string()
    .max(4096)
    .optional()
    .describe('next_cursor of the page before; the other arguments stay the same.'),
  limit: z.int().min(1).max(500).default(100).describe('Items of a page.'),
};

interface PageAsked {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A list that a tool gives, in its output schema. `extra`: what stands beside the items. */
export function listOf<Item extends z.ZodType, Extra extends z.ZodRawShape>(item: Item, extra: Extra = {} as Extra) {
  return z.object({
    items: z.array(item),
    total: z.int().optional().describe('All that there are, where it is known.'),
    next_cursor: z.string().optional().describe('Give it as cursor for what follows.'),
    truncated: z.boolean().describe('There is more than is shown.'),
    truncated_reason: z.string().optional(),
    as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
    source: z.string().describe('Where it is from.'),
    ...extra,
  });
}

/** A page of what is asked for somewhere else: `token` is that place's own way to go on, '' for the beginning. */
export interface Fetched<T> {
  readonly items: readonly T[];
  /** '' when all has been given. */
  readonly next: string;
  readonly total?: number;
  /** Why there is more that cannot be asked for, in a sentence. */
  readonly cut?: string;
}

export interface Page<T> {
  readonly items: T[];
  readonly next_cursor?: string;
  readonly truncated: boolean;
  readonly truncated_reason?: string;
  readonly total?: number;
}

/** Where a page begins: the token of the place that is asked, and what of its items was given before. */
interface Place {
  readonly token: string;
  /** How many items, or the key of the last one where they have keys. */
  readonly given: number | string;
  /** Items asked for with that token: the same again, so that the same items come. */
  readonly limit: number;
}

/** What orders items: a page that was cut goes on after it also when items came or went meanwhile. */
type KeyOf<T> = (item: T) => string;

/**
 * One page: `fetch` asks the place, the cursor remembers where to go on; a result that has to be cut to fit goes on after
 * what it gave. `keyOf`: of items that come in the order of their keys. @throws ToolError `invalid_argument` for a cursor
 * that we did not make
 */
export async function pageOf<T>(
  { cursor, limit }: PageAsked,
  call: ToolCall,
  fetch: (token: string, limit: number) => Promise<Fetched<T>>,
  keyOf?: KeyOf<T>,
): Promise<Page<T>> {
  const place = cursor === undefined ? { token: '', given: 0, limit } : placeOf(cursor);
  const { items, next, total, cut } = await fetch(place.token, place.limit);
  const rest = notGiven(items, place.given, keyOf);
  const given = items.length - rest.length;
  call.onCut((count) => {
    const last = rest[count - 1];
    const until = keyOf === undefined || last === undefined ? given + count : keyOf(last);
    return cursorOf({ ...place, given: until });
  });
  return {
    items: rest,
    ...(next === '' ? {} : { next_cursor: cursorOf({ token: next, given: 0, limit: place.limit }) }),
    truncated: next !== '' || cut !== undefined,
    ...(cut === undefined ? {} : { truncated_reason: cut }),
    ...(total === undefined ? {} : { total }),
  };
}

function notGiven<T>(items: readonly T[], given: number | string, keyOf: KeyOf<T> | undefined): T[] {
  if (typeof given === 'number') return items.slice(given);
  if (keyOf === undefined) throw foreignCursor();
  return items.filter((item) => keyOf(item) > given);
}

/** A page of a list that is here whole, in its order. */
export function pageOfAll<T>(all: readonly T[], asked: PageAsked, call: ToolCall): Promise<Page<T>> {
  return pageOf(asked, call, async (token, limit) => {
    const start = token === '' ? 0 : Number(token);
    if (!Number.isSafeInteger(start) || start < 0) throw foreignCursor();
    const end = start + limit;
    return { items: all.slice(start, end), next: end < all.length ? String(end) : '', total: all.length };
  });
}

/**
 * A page of a list that is here whole and is read anew for each page: it goes on after the key of what was given last, so
 * that what stays is given once, whatever comes and goes. `cut`: why the list is not whole.
 */
export function pageByKey<T>(
  all: readonly T[],
  keyOf: KeyOf<T>,
  asked: PageAsked,
  call: ToolCall,
  cut?: string,
): Promise<Page<T>> {
  const fetch = async (token: string, limit: number): Promise<Fetched<T>> => ({
    ...afterKey(all, keyOf, token, limit),
    total: all.length,
    ...(cut === undefined ? {} : { cut }),
  });
  return pageOf(asked, call, fetch, keyOf);
}

/** The first `limit` items whose keys come after one, in the order of their keys. */
function afterKey<T>(all: readonly T[], keyOf: KeyOf<T>, key: string, limit: number): Fetched<T> {
  const sorted = all.map((item) => ({ item, key: keyOf(item) })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const rest = key === '' ? sorted : sorted.filter((one) => one.key > key);
  const chosen = rest.slice(0, limit);
  return { items: chosen.map(({ item }) => item), next: rest.length > limit ? (chosen.at(-1)?.key ?? '') : '' };
}

/** How the tokens of lists begin that are read whole for each page: no API server's do. */
const byKey = 'key>';

/**
 * One request for objects of a kind: as many as fit a page, and the reader's own way to go on. A list of a reader that
 * cannot go on is read whole for each page. @throws ToolError `conflict` for a page that can no longer be gone on with
 */
export async function fetchObjects(
  reader: ClusterReader,
  [apiVersion, kind]: readonly [string, string],
  options: ListOptions,
  token: string,
  signal: AbortSignal,
): Promise<Fetched<KubeObject>> {
  const list = (asked: ListOptions): Promise<ListAnswer> => reader.list(apiVersion, kind, asked, signal);
  const { limit = Number.POSITIVE_INFINITY } = options;
  if (token.startsWith(byKey)) return fetchByKey(list, options, token.slice(byKey.length));
  try {
    const answer = await list(token === '' ? options : { ...options, continue: token });
    const { items, next = '', truncated } = answer;
    if (next !== '' || !truncated) return { items, next };
    return token === '' && items.length >= limit
      ? await fetchByKey(list, options, '')
      : { items, next, cut: cutByServer };
  } catch (error) {
    // What an API server says to a token that is not its own.
    if (token === '' || !(error instanceof ReadError) || error.status !== 400) throw error;
    const todo = 'Leave cursor out to begin anew.';
    throw new ToolError('conflict', 'the list cannot be gone on with after this page', todo, { cause: error });
  }
}

const cutByServer = 'what answers for the cluster gives no more of this list';

async function fetchByKey(
  list: (options: ListOptions) => Promise<ListAnswer>,
  { limit = Number.POSITIVE_INFINITY, ...all }: ListOptions,
  key: string,
): Promise<Fetched<KubeObject>> {
  const { items, truncated } = await list(all);
  const page = afterKey(items, objectKey, key, limit);
  const next = page.next === '' ? '' : `${byKey}${page.next}`;
  return { items: page.items, next, ...(truncated && next === '' ? { cut: cutByServer } : {}) };
}

/** `NAMESPACE/NAME`: API servers give lists in this order. */
export function objectKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function cursorOf(place: Place): string {
  return Buffer.from(JSON.stringify([place.token, place.given, place.limit])).toString('base64url');
}

const placeSchema = z.tuple([z.string(), z.union([z.int().min(0).max(500), z.string()]), z.int().min(1).max(500)]);

function placeOf(cursor: string): Place {
  try {
    const [token, given, limit] = placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { token, given, limit };
  } catch {
    throw foreignCursor();
  }
}

function foreignCursor(): ToolError {
  return new ToolError('invalid_argument', 'cursor is none that this tool gave', 'Leave cursor out to begin anew.');
}
