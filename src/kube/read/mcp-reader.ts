import type { ToolCaller, ToolResult } from '../../domain/ports.ts';
import { systemClock } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import {
  type ClusterReader,
  type KubeObject,
  type ListAnswer,
  type ListOptions,
  type LogOptions,
  ReadError,
  type ReadFailure,
} from '../cluster-reader.ts';
import { type ToolList, parseToolList, parseToolObject } from './tool-list.ts';

export interface McpReaderOptions {
  /** One call, milliseconds. */
  readonly timeoutMs?: number;
  /** How many objects `list` reads one by one where the server's lists show rows only. */
  readonly maxRowReads?: number;
}

const defaults = { timeoutMs: 30_000, maxRowReads: 50 };

/** Reads a cluster through the read tools of its MCP server, in all three forms of their answers. Never writes. */
export class McpReader implements ClusterReader {
  /** Tools called so far. */
  calls = 0;
  readonly #tools: ToolCaller;
  readonly #options: typeof defaults;

  constructor(tools: ToolCaller, options: McpReaderOptions = {}) {
    this.#tools = tools;
    this.#options = { ...defaults, ...options };
  }

  /** A list as the server gives it: full objects or rows. @throws ReadError */
  async listAsGiven(apiVersion: string, kind: string, options: ListOptions, signal: AbortSignal): Promise<ToolList> {
    const args = {
      apiVersion,
      kind,
      ...(options.namespace ? { namespace: options.namespace } : {}),
      ...(options.labelSelector ? { labelSelector: options.labelSelector } : {}),
      ...(options.fieldSelector ? { fieldSelector: options.fieldSelector } : {}),
    };
    const result = await this.#call('resources_list', args, signal);
    if (result.isError) throw toolRefusal(result.text);
    return parseToolList(result, apiVersion, kind, signal);
  }

  async get(
    apiVersion: string,
    kind: string,
    namespace: string | null,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | null> {
    const args = { apiVersion, kind, name, ...(namespace ? { namespace } : {}) };
    const result = await this.#call('resources_get', args, signal);
    if (!result.isError) return asked(await parseToolObject(result, apiVersion, kind, signal), kind, namespace, name);
    if (saysNotFound(result.text, name)) return null;
    throw toolRefusal(result.text);
  }

  /** A list that is cut goes on after the name of its last object. @throws ReadError as `listAsGiven`; 410 for a foreign `continue` */
  async list(apiVersion: string, kind: string, options: ListOptions, signal: AbortSignal): Promise<ListAnswer> {
    const after = placeOf(options.continue);
    const answer = await this.listAsGiven(apiVersion, kind, options, signal);
    const { limit = Number.POSITIVE_INFINITY, namespace = '' } = options;
    const cut = { after, limit, more: answer.more !== undefined };
    if (answer.form === 'objects') {
      const { keep } = options;
      const objects = keep === undefined ? answer.objects : answer.objects.map(keep);
      return partOf(objects, ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`, cut);
    }
    const rows = partOf(answer.rows, (row) => `${row.namespace ?? namespace}/${row.name}`, {
      ...cut,
      limit: Math.min(limit, this.#options.maxRowReads),
    });
    const items: KubeObject[] = [];
    for (const row of rows.items) {
      const object = await this.get(apiVersion, kind, row.namespace ?? options.namespace ?? null, row.name, signal);
      if (object) items.push(object);
    }
    return { ...rows, items };
  }

  /** @throws ReadError `unsupported` for `sinceSeconds`: more than was asked for would pass as what was. */
  async logs(
    namespace: string,
    pod: string,
    container: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<string | null> {
    if (options.sinceSeconds !== undefined) {
      throw new ReadError('unsupported', 'the log tool of MCP servers cannot tell what was written since a time');
    }
    const args = {
      namespace,
      name: pod,
      container,
      tail: options.tailLines,
      ...(options.previous ? { previous: true } : {}),
    };
    const result = await this.#call('pods_log', args, signal);
    if (!result.isError) return lastBytes(result.text, options.limitBytes);
    const refusal = toolRefusal(result.text);
    if (refusal.failure === 'forbidden' || refusal.failure === 'unauthorized') throw refusal;
    if (/not found|waiting to start|not available/i.test(result.text)) return null;
    throw refusal;
  }

  async #call(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    this.calls += 1;
    const { timeoutMs } = this.#options;
    // Let go of as soon as there is an answer: a sweep of a thousand clusters is ten thousand calls.
    const limit = timeLimit(systemClock, timeoutMs, signal);
    try {
      return await this.#tools.callTool(name, args, limit.signal);
    } catch (error) {
      if (limit.signal.aborted && !signal.aborted) {
        throw new ReadError('timeout', `${name} gave no answer within ${timeoutMs} ms`, { cause: error });
      }
      if (error instanceof ReadError) throw error;
      throw new ReadError('unreachable', errorText(error), { cause: error });
    } finally {
      limit.letGo();
    }
  }
}

/** How our own `continue` begins; behind it stands the place of the last object, `NAMESPACE/NAME`. */
const placeMark = 'after>';

function placeOf(token: string | undefined): string | null {
  if (token === undefined || token === '') return null;
  if (token.startsWith(placeMark)) return token.slice(placeMark.length);
  throw new ReadError('invalid', 'the list was begun by another reader, and cannot be gone on with', { status: 410 });
}

interface Cut {
  /** Place of the last object that was given; null at the beginning. */
  readonly after: string | null;
  readonly limit: number;
  /** The server has more than it gave. */
  readonly more: boolean;
}

/** As many as fit, and how to go on: in the order of their places, so that each comes once while others come and go. */
function partOf<T>(
  given: readonly T[],
  placeOfItem: (item: T) => string,
  { after, limit, more }: Cut,
): { readonly items: readonly T[]; readonly truncated: boolean; readonly next?: string } {
  if (after === null && given.length <= limit) return { items: given, truncated: more };
  const sorted = given
    .map((item) => ({ item, place: placeOfItem(item) }))
    .filter(({ place }) => after === null || place > after)
    .toSorted((a, b) => (a.place < b.place ? -1 : 1));
  const chosen = sorted.slice(0, limit);
  const last = chosen.at(-1);
  const next = sorted.length > chosen.length && last !== undefined ? { next: `${placeMark}${last.place}` } : {};
  return { items: chosen.map(({ item }) => item), truncated: more || 'next' in next, ...next };
}

/** The object, when it is the one that was asked for. @throws ReadError `invalid` */
function asked(object: KubeObject, kind: string, namespace: string | null, name: string): KubeObject {
  const { metadata } = object;
  if (object.kind === kind && metadata.name === name && (metadata.namespace ?? namespace) === namespace) return object;
  throw new ReadError('invalid', `the answer is ${object.kind} ${metadata.namespace ?? ''}/${metadata.name}`);
}

/** The newest bytes of a log, from the start of a line on. */
function lastBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  const kept = bytes.subarray(bytes.length - limit).toString('utf8');
  return kept.slice(kept.indexOf('\n') + 1);
}

const signs: readonly (readonly [RegExp, ReadFailure])[] = [
  [/forbidden|cannot (get|list|watch) resource/i, 'forbidden'],
  [/unauthorized|must be logged in/i, 'unauthorized'],
  [/no matches for kind|could not find the requested resource|unknown tool|not allowed/i, 'unsupported'],
  [/deadline exceeded|timed? ?out|timeout/i, 'timeout'],
  [/connection refused|no such host|unreachable|connection reset|EOF|server is currently unable/i, 'unreachable'],
];

/** Why a tool refused, from the text of its `isError` answer. */
function toolRefusal(text: string): ReadError {
  const failure = signs.find(([sign]) => sign.test(text))?.[1] ?? 'invalid';
  return new ReadError(failure, oneLine(text, 500));
}

/**
 * Whether a tool says that the one object that it was asked for does not exist. Refusals speak of what is not found, too:
 * of the role that gave the right (`forbidden: … RBAC: clusterrole "view" not found`), of a context, of a kind.
 */
function saysNotFound(text: string, name: string): boolean {
  const quoted = `"${name}"`;
  // The name itself says nothing: a pod may be called timeout.
  return text.includes(`${quoted} not found`) && toolRefusal(text.replaceAll(quoted, '')).failure === 'invalid';
}
