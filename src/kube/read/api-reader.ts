import { systemClock } from '../../lib/clock.ts';
import { spawnProcess } from '../../lib/process/spawn.ts';
import { groupPath, resourcePath } from './api-paths.ts';
import { type ApiAnswer, type ApiRequestLimits, apiGet, parsedBody, statusError } from './api-request.ts';
import {
  type ClusterReader,
  type KubeObject,
  type ListAnswer,
  type ListOptions,
  type LogOptions,
  ReadError,
  toObject,
} from '../cluster-reader.ts';
import { knownPlural } from '../kinds.ts';
import { type ApiAccess, openApiAccess } from '../credential/api-access.ts';

export interface ApiReaderOptions extends Partial<ApiRequestLimits> {
  /** Objects asked for with one call of a list. */
  readonly pageSize?: number;
  /** Objects of a list without a limit of its own. */
  readonly maxObjects?: number;
}

interface OpenOptions extends ApiReaderOptions {
  /** Environment of a credential command, and what names the proxies; empty by default. */
  readonly env?: Readonly<Record<string, string>>;
}

const defaults = { timeoutMs: 10_000, maxBytes: 64 * 1024 * 1024, pageSize: 500, maxObjects: 20_000 };
const json = 'application/json';

/** @throws ProblemError NC-KUBE-001, NC-KUBE-002, NC-KUBE-003 */
export async function openApiReader(
  file: string,
  context: string | null,
  options: OpenOptions = {},
): Promise<ApiReader> {
  const { env = {}, ...limits } = options;
  return new ApiReader(await openApiAccess([file], context, { spawn: spawnProcess, clock: systemClock, env }), limits);
}

/** Reads a cluster through its Kubernetes API: bounded in time, size and number, and counted. Never writes. */
export class ApiReader implements ClusterReader {
  /** Requests made so far. */
  calls = 0;
  readonly #access: ApiAccess;
  readonly #options: typeof defaults;
  readonly #plurals = new Map<string, string>();

  constructor(access: ApiAccess, options: ApiReaderOptions = {}) {
    this.#access = access;
    this.#options = { ...defaults, ...options };
  }

  async get(
    apiVersion: string,
    kind: string,
    namespace: string | null,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | null> {
    const plural = await this.#plural(apiVersion, kind, signal);
    const answer = await this.#call(resourcePath(apiVersion, plural, namespace, name), json, signal);
    if (answer.status === 404) return null;
    return toObject(this.#parse(answer), apiVersion, kind);
  }

  async list(apiVersion: string, kind: string, options: ListOptions, signal: AbortSignal): Promise<ListAnswer> {
    const plural = await this.#plural(apiVersion, kind, signal);
    const path = resourcePath(apiVersion, plural, options.namespace ?? null);
    const limit = Math.min(options.limit ?? this.#options.maxObjects, this.#options.maxObjects);
    const found: KubeObject[] = [];
    let next = options.continue ?? '';
    let remaining: number | undefined;
    do {
      const query = { ...options, limit: Math.min(this.#options.pageSize, limit - found.length), continue: next };
      const page = this.#parse(await this.#call(`${path}?${listQuery(query)}`, json, signal)) as Page | null;
      if (!Array.isArray(page?.items)) throw new ReadError('invalid', 'the answer is no list');
      const objects = page.items.flatMap((item) => toObject(item, apiVersion, kind) ?? []);
      found.push(...(options.keep === undefined ? objects : objects.map(options.keep)));
      next = page.metadata?.continue ?? '';
      remaining = page.metadata?.remainingItemCount;
      // The API fills a page as long as there is something: a server that goes on without would go on for ever.
      if (page.items.length === 0) return { items: found, truncated: next !== '' };
    } while (next !== '' && found.length < limit);
    if (next === '') return { items: found.slice(0, limit), truncated: found.length > limit };
    const known = Number.isSafeInteger(remaining) && found.length <= limit ? { remaining } : {};
    return { items: found.slice(0, limit), truncated: true, ...known, next };
  }

  async document(path: string, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#call(path, json, signal);
    return answer.status === 404 ? null : this.#parse(answer);
  }

  async logs(
    namespace: string,
    pod: string,
    container: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<string | null> {
    const query = new URLSearchParams({
      container,
      tailLines: String(options.tailLines),
      limitBytes: String(options.limitBytes),
      ...(options.previous ? { previous: 'true' } : {}),
      ...(options.sinceSeconds === undefined ? {} : { sinceSeconds: String(options.sinceSeconds) }),
    });
    const answer = await this.#call(
      `${resourcePath('v1', 'pods', namespace, pod)}/log?${query.toString()}`,
      '*/*',
      signal,
    );
    // 400: no previous run, or the container has not started. 404: the pod is gone.
    if (answer.status === 400 || answer.status === 404) return null;
    if (answer.status !== 200) throw statusError(answer);
    return answer.body.toString('utf8');
  }

  async #plural(apiVersion: string, kind: string, signal: AbortSignal): Promise<string> {
    const key = `${apiVersion}/${kind}`;
    const known = knownPlural(apiVersion, kind) ?? this.#plurals.get(key);
    if (known) return known;
    const found = this.#parse(await this.#call(groupPath(apiVersion), json, signal)) as ResourceList | null;
    for (const resource of found?.resources ?? []) {
      if (resource.kind === kind && resource.name && !resource.name.includes('/')) {
        this.#plurals.set(key, resource.name);
        return resource.name;
      }
    }
    throw new ReadError('unsupported', `the cluster has no kind ${kind} in ${apiVersion}`);
  }

  #call(path: string, accept: string, signal: AbortSignal): Promise<ApiAnswer> {
    this.calls += 1;
    return apiGet(this.#access, path, accept, this.#options, signal);
  }

  #parse(answer: ApiAnswer): unknown {
    if (answer.status !== 200) throw statusError(answer);
    return parsedBody(answer.body);
  }
}

function listQuery({ limit, labelSelector, fieldSelector, continue: next }: ListOptions): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (labelSelector) query.set('labelSelector', labelSelector);
  if (fieldSelector) query.set('fieldSelector', fieldSelector);
  if (next) query.set('continue', next);
  return query.toString();
}

interface Page {
  readonly items?: readonly unknown[];
  readonly metadata?: { readonly continue?: string; readonly remainingItemCount?: number };
}

interface ResourceList {
  readonly resources?: readonly { readonly name?: string; readonly kind?: string }[];
}
