import type { Page } from '../../domain/state-store.ts';
import type { Fetched } from '../page.ts';

/** A list of the state store, and what of it is asked for. */
interface Searched<T> {
  readonly read: (query: { readonly limit: number; readonly before?: string }) => Promise<Page<T>>;
  readonly fits: (item: T) => boolean;
  /** The `before` for what follows an item. */
  readonly after: (item: T) => string;
  /** Whether nothing after the last item of a page can fit. */
  readonly isOver?: (last: T) => boolean;
  /** Size of the pages when the first has too few that fit. */
  readonly searchSize: number;
}

/** Pages of the store that one call reads at most: what is rare is looked for over several calls. */
const maxReads = 10;

/** Reads the store's pages, newest first, until there are enough that fit; the token is the `before` of the store. */
export async function fetchFitting<T>(
  { read, fits, after, isOver = () => false, searchSize }: Searched<T>,
  token: string,
  limit: number,
): Promise<Fetched<T>> {
  const found: T[] = [];
  let before = token;
  for (let reads = 0; reads < maxReads; reads += 1) {
    const size = reads === 0 ? limit : Math.max(limit, searchSize);
    const { items, next } = await read({ limit: size, ...(before === '' ? {} : { before }) });
    found.push(...items.filter(fits));
    const kept = found[limit - 1];
    if (found.length > limit && kept !== undefined) return { items: found.slice(0, limit), next: after(kept) };
    const last = items.at(-1);
    before = last !== undefined && isOver(last) ? '' : (next ?? '');
    if (before === '' || found.length === limit) break;
  }
  return { items: found, next: before };
}
