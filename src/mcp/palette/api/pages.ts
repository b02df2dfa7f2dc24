import type { Fetched } from '../../page.ts';
import { ToolError } from '../../tool-error.ts';
import { shapeFailure } from './failure.ts';
import type { ListPage } from './shapes.ts';

/** Palette gives at most so many items of a list in an answer. */
export const pageItems = 50;
/** Answers that are read for one page of ours: a filter that fits little goes on in the next. */
const maxPages = 40;

/** What is asked for a page of Palette's: `continue` is '' for the first. */
export type AskPage<T> = (query: { readonly limit: number; readonly continue?: string }) => Promise<ListPage<T>>;

/**
 * Items that fit, as many as `limit`, over as many of Palette's pages as that takes: what it cannot filter itself is
 * filtered here. The token is the place in Palette's pages where it goes on, and '' for the beginning.
 * @throws ToolError `invalid_argument` for a token that is none, `upstream_unavailable` for pages without end
 */
export async function fetchFitting<T>(
  askPage: AskPage<T>,
  fits: ((item: T) => boolean) | null,
  token: string,
  limit: number,
): Promise<Fetched<T>> {
  let { skip, next } = placeOf(token);
  const found: T[] = [];
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = await askPage({ limit: pageItems, ...(next === '' ? {} : { continue: next }) });
    const total = page.total === null || fits !== null ? {} : { total: page.total };
    for (let at = skip; at < page.items.length; at += 1) {
      const item = page.items[at] as T;
      if (fits !== null && !fits(item)) continue;
      found.push(item);
      if (found.length < limit) continue;
      const rest = at + 1 < page.items.length ? tokenOf(at + 1, next) : afterwards(page.next);
      return { items: found, next: rest, ...total };
    }
    if (page.next === '') return { items: found, next: '', ...total };
    if (page.next === next) throw shapeFailure('a list', 'its pages do not end');
    next = page.next;
    skip = 0;
  }
  return { items: found, next: tokenOf(0, next) };
}

/** The first items of a list, up to `most`. */
export async function fetchFirst<T>(
  askPage: AskPage<T>,
  most: number,
): Promise<{ items: readonly T[]; whole: boolean }> {
  const { items, next } = await fetchFitting(askPage, null, '', most);
  return { items, whole: next === '' };
}

const tokenOf = (skip: number, next: string): string => `${skip}:${next}`;
const afterwards = (next: string): string => (next === '' ? '' : tokenOf(0, next));

function placeOf(token: string): { skip: number; next: string } {
  if (token === '') return { skip: 0, next: '' };
  const [, skip, next] = /^(\d{1,2}):(.*)$/s.exec(token) ?? [];
  if (skip !== undefined && next !== undefined) return { skip: Number(skip), next };
  throw new ToolError('invalid_argument', 'cursor is none that this tool gave', 'Leave cursor out to begin anew.');
}
