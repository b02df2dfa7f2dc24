import { ToolError } from '../tool-error.ts';

type Data = Record<string, unknown>;

export interface FitOptions {
  /** Bytes of its JSON. */
  readonly maxBytes: number;
  /** The list that is cut and at which end; without it the longest one, at its end. */
  readonly cut: { readonly list: string; readonly from: 'start' | 'end' } | null;
  /** How the cursor after so many items of a page is written; null when the tool gives no pages. */
  readonly cursorAfter: ((given: number) => string) | null;
}

/**
 * A result of at most `maxBytes`: what is larger is cut at an item of a list, says so, and of a page goes on after what it
 * gives. The same object when it fits. @throws ToolError `too_large` when it has no list that can be cut
 */
export function fit(data: Data, options: FitOptions): Data {
  let rest = data;
  // Each round cuts a list to the share that fits; lists in lists need more than one.
  for (let round = 0; round < 20; round += 1) {
    const excess = bytesOf(rest) - options.maxBytes;
    if (excess <= 0) return rest;
    const list = listToCut(rest, options.cut?.list ?? null);
    if (list === null) break;
    rest = withCut(rest, list, excess, options);
  }
  if (bytesOf(rest) <= options.maxBytes) return rest;
  throw new ToolError('too_large', `the result is larger than ${options.maxBytes} bytes and has no list to cut`, {
    steps: ['Ask for less: a name, a namespace, fewer lines; or raise mcp.max_result_bytes.'],
  });
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

interface FoundList {
  readonly path: readonly (string | number)[];
  readonly items: readonly unknown[];
  readonly bytes: number;
}

/** The list to cut: of those with the name that is given the largest; else the largest, and of a list with one item what is in it. */
function listToCut(data: Data, name: string | null): FoundList | null {
  const lists = [...listsIn(data, [], name !== null)].filter(({ items }) => items.length > 0);
  const named = name === null ? [] : lists.filter(({ path }) => path.at(-1) === name);
  const candidates = named.length > 0 ? named : lists;
  const single = candidates.filter(({ items }) => items.length > 1);
  return (single.length > 0 ? single : candidates).reduce<FoundList | null>(
    (best, list) => (best === null || list.bytes > best.bytes ? list : best),
    null,
  );
}

/** `deep`: also those in the items of a list; without it what an item holds is cut only where the items cannot be. */
function* listsIn(value: unknown, path: readonly (string | number)[], deep: boolean): Generator<FoundList> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) yield { path, items: value, bytes: bytesOf(value) };
  if (!deep && Array.isArray(value) && value.length > 1) return;
  for (const [key, inner] of Object.entries(value)) yield* listsIn(inner, [...path, key], deep);
}

function withCut(data: Data, { path, items }: FoundList, excess: number, options: FitOptions): Data {
  // Room for what says that it was cut.
  const toDrop = excess + 400;
  const from = options.cut?.from ?? 'end';
  const order = from === 'end' ? [...items].reverse() : items;
  let dropped = 0;
  for (let bytes = 0; dropped < order.length && bytes < toDrop; dropped += 1) bytes += bytesOf(order[dropped]) + 1;
  const kept = from === 'end' ? items.slice(0, items.length - dropped) : items.slice(dropped);
  const label = path.join('.');
  const before = typeof data['truncated_reason'] === 'string' ? `${data['truncated_reason']}; ` : '';
  const { cursorAfter } = options;
  const isPage = cursorAfter !== null && label === 'items';
  // An item that does not fit by itself is passed over: what follows it can still be had.
  const after = kept.length === 0 ? 1 : kept.length;
  const how = isPage
    ? 'go on with next_cursor; an item that is too large by itself is passed over, ask for it by its name'
    : 'ask for less: a narrower name, a selector, fewer lines';
  return {
    ...replaced(data, path, kept),
    truncated: true,
    truncated_reason: `${before}${dropped} of ${items.length} ${label} at the ${from} were left out to fit ${options.maxBytes} bytes; ${how}`,
    ...(isPage ? { next_cursor: cursorAfter(after) } : {}),
  };
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): Data {
  const [key, ...rest] = path;
  if (key === undefined) return by as Data;
  const inner = (value as Data)[key];
  if (Array.isArray(value)) return value.with(Number(key), replaced(inner, rest, by)) as unknown as Data;
  return { ...(value as Data), [key]: replaced(inner, rest, by) };
}
