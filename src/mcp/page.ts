import { z } from 'zod';
import type { ClusterReader, KubeObject, ListOptions } from '../kube/cluster-reader.ts';
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
}

export interface Page<T> {
  readonly items: T[];
  readonly next_cursor?: string;
  readonly truncated: boolean;
  readonly total?: number;
}

/** Where a page begins: the token of the place that is asked, and how many of its items were given before. */
interface Place {
  readonly token: string;
  readonly skip: number;
  /** Items asked for with that token: the same again, so that `skip` counts the same items. */
  readonly limit: number;
}

/**
 * One page: `fetch` asks the place, the cursor remembers where to go on; a result that has to be cut to fit goes on after
 * what it gave. @throws ToolError `invalid_argument` for a cursor that we did not make
 */
export async function pageOf<T>(
  { cursor, limit }: PageAsked,
  call: ToolCall,
  fetch: (token: string, limit: number) => Promise<Fetched<T>>,
): Promise<Page<T>> {
  const place = cursor === undefined ? { token: '', skip: 0, limit } : placeOf(cursor);
  const { items, next, total } = await fetch(place.token, place.limit);
  const given = items.slice(place.skip);
  call.onCut((count) => cursorOf({ ...place, skip: place.skip + count }));
  return {
    items: given,
    ...(next === '' ? {} : { next_cursor: cursorOf({ token: next, skip: 0, limit: place.limit }) }),
    truncated: next !== '',
    ...(total === undefined ? {} : { total }),
  };
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

/** One request for objects of a kind: as many as fit a page, and the reader's own way to go on. */
export async function fetchObjects(
  reader: ClusterReader,
  [apiVersion, kind]: readonly [string, string],
  options: ListOptions,
  token: string,
  signal: AbortSignal,
): Promise<Fetched<KubeObject>> {
  const answer = await reader.list(apiVersion, kind, token === '' ? options : { ...options, continue: token }, signal);
  return { items: answer.items, next: answer.next ?? '' };
}

function cursorOf(place: Place): string {
  return Buffer.from(JSON.stringify([place.token, place.skip, place.limit])).toString('base64url');
}

const placeSchema = z.tuple([z.string(), z.int().min(0).max(500), z.int().min(1).max(500)]);

function placeOf(cursor: string): Place {
  try {
    const [token, skip, limit] = placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { token, skip, limit };
  } catch {
    throw foreignCursor();
  }
}

function foreignCursor(): ToolError {
  return new ToolError('invalid_argument', 'cursor is none that this tool gave', 'Leave cursor out to begin anew.');
}
