import type { Problem } from '../lib/problem.ts';

/** The part of every Kubernetes object that is always there. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [key: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly { manager?: string; operation?: string; time?: string; fieldsV1?: unknown }[];
  readonly [key: string]: unknown;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** At most so many objects; the reader says `truncated` in its answer when there are more. */
  readonly limit?: number;
  /** Goes on where an earlier answer's `next` says; the error has status 410 when that is no longer known. */
  readonly continue?: string;
  /** What is kept of each object while others are read: of a large list all is held at once. The object itself by default. */
  readonly keep?: (object: KubeObject) => KubeObject;
}

export interface ListAnswer {
  readonly items: readonly KubeObject[];
  readonly truncated: boolean;
  /** How many there are beyond these, where the API tells: it does not for lists with selectors. */
  readonly remaining?: number;
  /** How to go on after these; not there when all is read, and from readers that cannot go on. */
  readonly next?: string;
}

export interface LogOptions {
  readonly previous: boolean;
  readonly tailLines: number;
  readonly limitBytes: number;
  /** Only what was written in the last so many seconds. */
  readonly sinceSeconds?: number;
}

/** Reads one cluster: the Kubernetes API itself, or the read tools of its MCP server. Never writes. */
export interface ClusterReader {
  /** Null when the object does not exist. @throws ReadError */
  get(
    apiVersion: string,
    kind: string,
    namespace: string | null,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | null>;
  /** Full objects. @throws ReadError */
  list(apiVersion: string, kind: string, options: ListOptions, signal: AbortSignal): Promise<ListAnswer>;
  /** Null when there is no such log (no previous run, container not started). @throws ReadError */
  logs(
    namespace: string,
    pod: string,
    container: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<string | null>;
  /**
   * What the API says of itself: `/version`, `/apis/GROUP` and the like, as it comes; null when there is no such thing.
   * Not there in readers that cannot ask. @throws ReadError
   */
  document?(path: string, signal: AbortSignal): Promise<unknown>;
}

export type ReadFailure =
  'forbidden' | 'unauthorized' | 'unreachable' | 'timeout' | 'too_large' | 'unsupported' | 'invalid';

interface ReadErrorOptions extends ErrorOptions {
  readonly status?: number;
  readonly retryAfterMs?: number | null;
  readonly problem?: Problem;
}

/** A read that did not give an answer; `failure` is why, from a closed list. */
export class ReadError extends Error {
  readonly failure: ReadFailure;
  /** Of the HTTP answer; null when there was none. */
  readonly status: number | null;
  /** When the server wants to be asked again, ms; null when it did not say. */
  readonly retryAfterMs: number | null;
  /** What a person has to do about it, where the way to the cluster knows; null where the failure says it all. */
  readonly problem: Problem | null;

  constructor(failure: ReadFailure, message: string, options: ReadErrorOptions = {}) {
    super(message, options);
    this.name = 'ReadError';
    this.failure = failure;
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.problem = options.problem ?? null;
  }
}

/**
 * A foreign value as a Kubernetes object, null when it is none: it needs a name. Items of the API's lists carry no kind
 * of their own, so the kind that was asked for stands in.
 */
export function toObject(value: unknown, apiVersion: string, kind: string): KubeObject | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const object = value as Record<string, unknown>;
  const metadata = object['metadata'];
  if (typeof metadata !== 'object' || metadata === null) return null;
  if (typeof (metadata as Record<string, unknown>)['name'] !== 'string') return null;
  return {
    ...object,
    apiVersion: typeof object['apiVersion'] === 'string' ? object['apiVersion'] : apiVersion,
    kind: typeof object['kind'] === 'string' ? object['kind'] : kind,
    metadata: metadata as KubeObject['metadata'],
  };
}
