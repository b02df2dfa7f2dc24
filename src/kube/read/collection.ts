import type { Clock } from '../../lib/clock.ts';
import { oneLine } from '../../lib/text.ts';
import { TimeLimitError, timeLimit } from '../../lib/time-limit.ts';
import { type KubeObject, ReadError, toObject } from '../cluster-reader.ts';
import type { ApiAccess } from '../credential/api-access.ts';
import { apiGet, failureOfStatus, openBody, parsedBody, statusError, unreachable, wholeBody } from './api-request.ts';
import { JsonLines } from './json-lines.ts';

/** All objects of one kind in a cluster, as the API lists and watches them. */
export interface Collection {
  readonly apiVersion: string;
  readonly kind: string;
  /** `/api/v1/pods` */
  readonly path: string;
  readonly fieldSelector?: string;
}

export interface CollectionLimits {
  /** One page of a list, and the headers of a watch, ms. */
  readonly answerMs: number;
  /** One page, bytes. */
  readonly pageBytes: number;
  /** One event of a watch, bytes. */
  readonly lineBytes: number;
  /** The server is asked to end a watch after so long, ms; one that does not is ended a little later. */
  readonly watchMs: number;
  /** A watch that has sent a bookmark (one a minute) and then nothing for so long is dead, ms. */
  readonly quietMs: number;
}

export const collectionLimits: CollectionLimits = {
  answerMs: 30_000,
  pageBytes: 64 * 1024 * 1024,
  // An object is 1.5 MiB at most in etcd, and grows when it is written as JSON.
  lineBytes: 8 * 1024 * 1024,
  watchMs: 5 * 60_000,
  quietMs: 3 * 60_000,
};

/** Beyond the end that the server was asked for, ms. */
const overtimeMs = 15_000;
const maxVersionLength = 200;
const json = 'application/json';

export interface ListPage {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
}

/** One page after the other of all that there is. @throws ReadError; its `status` is 410 when the pages have expired */
export async function* listPages(
  access: ApiAccess,
  collection: Collection,
  pageSize: number,
  limits: CollectionLimits,
  signal: AbortSignal,
): AsyncGenerator<ListPage> {
  let next = '';
  do {
    const query = queryOf(collection, { limit: String(pageSize), ...(next === '' ? {} : { continue: next }) });
    const bounds = { timeoutMs: limits.answerMs, maxBytes: limits.pageBytes };
    const answer = await apiGet(access, `${collection.path}?${query}`, json, bounds, signal);
    if (answer.status !== 200) throw statusError(answer);
    const { page, more } = pageOf(answer.body, collection);
    yield page;
    // The API fills a page as long as there is something: a server that goes on without would go on for ever.
    if (more !== '' && (more === next || page.objects.length === 0)) {
      throw new ReadError('invalid', 'the pages of the list do not end');
    }
    next = more;
  } while (next !== '');
}

function pageOf(body: Buffer, { apiVersion, kind }: Collection): { page: ListPage; more: string } {
  const parsed = parsedBody(body) as ListAnswer | null;
  const { items, metadata } = parsed ?? {};
  const version = versionOf(metadata);
  // An empty list of Go may be null.
  const list = items ?? (parsed?.kind === `${kind}List` ? [] : null);
  if (!Array.isArray(list) || version === null) throw new ReadError('invalid', 'the answer is no list');
  const objects = (list as readonly unknown[]).flatMap((item) => toObject(item, apiVersion, kind) ?? []);
  if (objects.some((object) => object.kind !== kind)) throw new ReadError('invalid', `the list is not of ${kind}`);
  const more = metadata?.continue;
  return { page: { objects, resourceVersion: version }, more: typeof more === 'string' ? more : '' };
}

interface ListAnswer {
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly metadata?: { readonly continue?: unknown; readonly resourceVersion?: unknown } | null;
}

export interface WatchEvent {
  readonly type: 'set' | 'gone';
  readonly object: KubeObject;
}

/** What came at once: the changes, and up to which version the watch has seen everything. */
export interface WatchBatch {
  readonly events: readonly WatchEvent[];
  readonly resourceVersion: string | null;
}

/**
 * Everything that changes after a resource version, until the server ends the watch, which it is asked to do after
 * `watchMs`. The first batch is empty and says that the watch stands.
 * @throws ReadError; its `status` is 410 when what happened since is not known any more
 */
export async function* watchChanges(
  access: ApiAccess,
  collection: Collection,
  resourceVersion: string,
  { limits, clock }: { readonly limits: CollectionLimits; readonly clock: Clock },
  signal: AbortSignal,
): AsyncGenerator<WatchBatch> {
  const life = timeLimit(clock, limits.watchMs + overtimeMs, signal);
  const patience = new Patience(clock, limits, (reason) => life.abort(reason));
  try {
    const query = queryOf(collection, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(Math.max(1, Math.round(limits.watchMs / 1000))),
    });
    const answer = await openBody(access, `${collection.path}?${query}`, json, life.signal);
    const { body } = answer;
    if (answer.status !== 200) throw statusError({ ...answer, body: await wholeBody(body, limits.lineBytes) });
    patience.answered();
    yield { events: [], resourceVersion: null };
    const lines = new JsonLines(limits.lineBytes);
    for await (const chunk of body) {
      const batch = batchOf(lines.take(chunk), collection);
      patience.heard(batch.bookmark);
      if (batch.events.length > 0 || batch.resourceVersion !== null) yield batch;
    }
  } catch (error) {
    throw readError(error, life.signal, signal);
  } finally {
    patience.end();
    life.abort(new Error('the watch is over'));
    life.letGo();
  }
}

/** Ends a watch of which nothing is heard. */
class Patience {
  readonly #clock: Clock;
  readonly #limits: CollectionLimits;
  readonly #abort: (reason: Error) => void;
  #timer: ReturnType<Clock['setTimer']>;
  #bookmarks = false;

  constructor(clock: Clock, limits: CollectionLimits, abort: (reason: Error) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#abort = abort;
    this.#timer = clock.setTimer(() => abort(silence(limits.answerMs)), limits.answerMs);
  }

  answered(): void {
    this.#timer.cancel();
  }

  /** Kinds without a watch cache send no bookmarks, and are quiet for as long as nothing changes. */
  heard(bookmark: boolean): void {
    this.#bookmarks ||= bookmark;
    if (!this.#bookmarks) return;
    const { quietMs } = this.#limits;
    this.#timer.cancel();
    this.#timer = this.#clock.setTimer(() => this.#abort(silence(quietMs)), quietMs);
  }

  end(): void {
    this.#timer.cancel();
  }
}

function silence(ms: number): ReadError {
  return new ReadError('timeout', `nothing came within ${Math.round(ms / 1000)} s`);
}

function batchOf(lines: readonly unknown[], collection: Collection): WatchBatch & { readonly bookmark: boolean } {
  const events: WatchEvent[] = [];
  let resourceVersion: string | null = null;
  let bookmark = false;
  for (const line of lines) {
    const { type, object: said } = (line ?? {}) as { type?: unknown; object?: unknown };
    if (type === 'ERROR') throw errorEvent(said);
    const version = versionOf((said as { metadata?: { resourceVersion?: unknown } } | null)?.metadata);
    if (version === null) throw new ReadError('invalid', 'an event of the watch has no resource version');
    resourceVersion = version;
    if (type === 'BOOKMARK') {
      bookmark = true;
      continue;
    }
    const object = toObject(said, collection.apiVersion, collection.kind);
    const meaning = type === 'DELETED' ? 'gone' : type === 'ADDED' || type === 'MODIFIED' ? 'set' : null;
    if (object?.kind !== collection.kind || meaning === null) {
      throw new ReadError('invalid', `an event of the watch is not about ${collection.kind}`);
    }
    events.push({ type: meaning, object });
  }
  return { events, resourceVersion, bookmark };
}

/** The Status that ends a watch. */
function errorEvent(said: unknown): ReadError {
  const { code, message, details } = (said ?? {}) as {
    code?: unknown;
    message?: unknown;
    details?: { retryAfterSeconds?: unknown } | null;
  };
  const status = typeof code === 'number' ? code : 500;
  const text = oneLine(typeof message === 'string' ? message : 'the watch ended with an error', 500);
  const seconds = details?.retryAfterSeconds;
  const retryAfterMs = typeof seconds === 'number' ? seconds * 1000 : null;
  return new ReadError(failureOfStatus(status), `${status}: ${text}`, { status, retryAfterMs });
}

function versionOf(metadata: { readonly resourceVersion?: unknown } | null | undefined): string | null {
  const version = metadata?.resourceVersion;
  return typeof version === 'string' && version !== '' && version.length <= maxVersionLength ? version : null;
}

function queryOf({ fieldSelector }: Collection, query: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ ...query, ...(fieldSelector === undefined ? {} : { fieldSelector }) }).toString();
}

/** What ended a watch; the reason of `outer` when that was it. */
function readError(error: unknown, own: AbortSignal, outer: AbortSignal): unknown {
  if (outer.aborted) return outer.reason;
  const reason: unknown = own.aborted ? own.reason : error;
  if (reason instanceof ReadError) return reason;
  if (reason instanceof TimeLimitError) return new ReadError('timeout', 'the server did not end the watch in time');
  return unreachable(error);
}
