import { type ClusterReader, type KubeObject, type ListOptions, ReadError } from '../../../kube/cluster-reader.ts';
import { readFailure } from '../../read-failure.ts';
import { ToolError } from '../../tool-error.ts';

/** The objects of a kind. */
export interface ReadList {
  readonly items: readonly KubeObject[];
  /** All that there are. */
  readonly whole: boolean;
}

type KindName = readonly [apiVersion: string, kind: string];

/** Everything of a kind, as far as the reader goes (20,000 objects of an API). @throws ReadError */
export async function listWhole(
  reader: ClusterReader,
  [apiVersion, kind]: KindName,
  options: ListOptions,
  signal: AbortSignal,
): Promise<ReadList> {
  const { items, truncated } = await reader.list(apiVersion, kind, options, signal);
  return { items, whole: !truncated };
}

/** How many objects of a kind there are, without reading them; null when the reader cannot tell. @throws ReadError */
async function countOf(
  reader: ClusterReader,
  [apiVersion, kind]: KindName,
  options: Pick<ListOptions, 'namespace'>,
  signal: AbortSignal,
): Promise<number | null> {
  const { items, truncated, remaining } = await reader.list(apiVersion, kind, { ...options, limit: 1 }, signal);
  if (!truncated) return items.length;
  return remaining === undefined ? null : items.length + remaining;
}

/** Collects what could not be looked at, one sentence each, for `not_checked` of a result. */
export class NotChecked {
  readonly #sentences = new Set<string>();
  #failure: ReadError | null = null;

  /** Why the first read failed that was tried, null when none did. */
  get failure(): ReadError | null {
    return this.#failure;
  }

  add(sentence: string): void {
    this.#sentences.add(sentence);
  }

  /** What a read gives; null, with the reason and what to do noted, when the cluster refuses or cannot. */
  async try<T>(what: string, read: Promise<T>, signal: AbortSignal): Promise<T | null> {
    try {
      return await read;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ReadError)) throw error;
      this.#failure ??= error;
      const { code, message, fix } = readFailure(error);
      this.add(`${what} (${code}): ${message}. ${fix.steps.join(' ')}`);
      return null;
    }
  }

  /** Everything of a kind; null when it cannot be read. A list that is cut is noted too. */
  async list(
    reader: ClusterReader,
    kind: KindName,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<ReadList | null> {
    const found = await this.try(`${kind[1]} list`, listWhole(reader, kind, options, signal), signal);
    if (found?.whole === false) this.add(`${kind[1]} list: only the first ${found.items.length} were looked at`);
    return found;
  }

  /** The same of some namespaces, all of them with null. */
  async listIn(
    namespaces: readonly string[] | null,
    reader: ClusterReader,
    kind: KindName,
    options: Omit<ListOptions, 'namespace'>,
    signal: AbortSignal,
  ): Promise<ReadList | null> {
    if (namespaces === null) return this.list(reader, kind, options, signal);
    const lists = await Promise.all(
      namespaces.map((namespace) => this.list(reader, kind, { ...options, namespace }, signal)),
    );
    const read = lists.filter((list) => list !== null);
    if (read.length < lists.length) return null;
    return { items: read.flatMap(({ items }) => items), whole: read.every(({ whole }) => whole) };
  }

  /** How many there are; null when it cannot be read, and without a count when the reader does not tell. */
  async count(
    reader: ClusterReader,
    kind: KindName,
    options: Pick<ListOptions, 'namespace'>,
    signal: AbortSignal,
  ): Promise<{ readonly count: number | null } | null> {
    const count = countOf(reader, kind, options, signal).then((found) => ({ count: found }));
    return await this.try(`${kind[1]} list`, count, signal);
  }

  /** For a result: nothing when all was looked at. */
  fields(): { not_checked?: string[] } {
    return this.#sentences.size === 0 ? {} : { not_checked: [...this.#sentences] };
  }
}

/**
 * A read of a list whose selectors come from the caller: what the API server says of them is his to mend.
 * @throws ToolError `invalid_argument`; ReadError
 */
export async function bySelectors<T>(options: ListOptions, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    const isOurs = options.labelSelector === undefined && options.fieldSelector === undefined;
    if (isOurs || !(error instanceof ReadError) || error.status !== 400) throw error;
    const fix = 'Write label_selector and field_selector as kubectl takes them (-l, --field-selector).';
    throw new ToolError('invalid_argument', `a selector is refused: ${error.message}`, fix, { cause: error });
  }
}
