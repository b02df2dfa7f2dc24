import { X509Certificate } from 'node:crypto';
import pLimit from 'p-limit';
import { type ClusterReader, type KubeObject, type ListOptions, ReadError } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { listAt, recordAt } from '../model/fields.ts';
import type { GrowingGraph } from '../model/growing-graph.ts';

type Attempt<T> = (reader: ClusterReader, signal: AbortSignal) => Promise<T>;

/**
 * Reads one cluster within a budget: each thing once, a bounded number at a time, from the first reader that answers.
 * What it reads goes into the graph. Never rejects; what could not be read is a sentence in `missing`.
 */
export class ClusterWalk {
  readonly budget: ReadBudget;
  /** Lists that were cut off, as `KIND NAMESPACE`. */
  readonly truncated = new Set<string>();
  readonly limits: BudgetLimits;
  readonly #readers: readonly ClusterReader[];
  readonly missing: string[] = [];
  readonly #graph: GrowingGraph;
  readonly #signal: AbortSignal;
  readonly #slots: ReturnType<typeof pLimit>;
  readonly #memo = new Map<string, Promise<unknown>>();
  readonly #failures = new Map<ClusterReader, number>();

  constructor(readers: readonly ClusterReader[], graph: GrowingGraph, limits: BudgetLimits, signal: AbortSignal) {
    this.#readers = readers;
    this.#graph = graph;
    this.limits = limits;
    this.budget = new ReadBudget(limits.requests);
    this.#signal = signal;
    this.#slots = pLimit(limits.concurrency);
  }

  /** The object, null when it does not exist or could not be read. `apiVersion`: of a kind that is no one of Kubernetes' own. */
  get(kind: string, namespace: string | null, name: string, apiVersion?: string): Promise<KubeObject | null> {
    const info = readableKind(kind, namespace !== null, apiVersion);
    if (!info || name === '') return Promise.resolve(null);
    const ns = info.namespaced ? namespace : null;
    const what = `${kind} ${ns === null ? '' : `${ns}/`}${name}`;
    return this.#once(`${what} ${info.apiVersion}`, async () => {
      const answer = await this.#ask(what, info.custom, (reader, signal) =>
        reader.get(info.apiVersion, kind, ns, name, signal),
      );
      if (answer === undefined) return null;
      if (answer === null) this.#graph.addAbsent({ kind, namespace: ns, name });
      else this.#graph.addObject(asKept(answer));
      return answer;
    });
  }

  /** Objects of a kind, empty when they could not be read. A whole list that is complete proves what is absent. */
  list(kind: string, options: ListOptions = {}, apiVersion?: string): Promise<readonly KubeObject[]> {
    const info = readableKind(kind, options.namespace !== undefined, apiVersion);
    if (!info) return Promise.resolve([]);
    const narrowed = options.labelSelector ?? options.fieldSelector ?? '';
    const where = options.namespace === undefined ? 'the cluster' : options.namespace;
    const what = `list of ${kind} in ${where}${narrowed === '' ? '' : ` (${narrowed})`}`;
    return this.#once(`${what} ${info.apiVersion}`, async () => {
      const wanted = { limit: this.limits.listLimit, ...options };
      const answer = await this.#ask(what, info.custom, (reader, signal) =>
        reader.list(info.apiVersion, kind, wanted, signal),
      );
      if (answer === undefined) return [];
      for (const item of answer.items) this.#graph.addObject(asKept(item));
      if (answer.truncated) {
        this.truncated.add(`${kind} ${options.namespace ?? ''}`);
        this.missing.push(`${what}: only the first ${answer.items.length} were read`);
      } else if (narrowed === '' && (options.namespace !== undefined || !info.namespaced)) {
        const names = answer.items.map((item) => item.metadata.name).sort();
        this.#graph.addCompleteList({ kind, namespace: options.namespace ?? null, names });
      }
      return answer.items;
    });
  }

  async log(namespace: string, pod: string, container: string, previous: boolean): Promise<void> {
    const what = `${previous ? 'previous ' : ''}log of ${namespace}/${pod}/${container}`;
    const options = { previous, tailLines: this.limits.logLines, limitBytes: this.limits.logBytes };
    await this.#once(what, async () => {
      const text = await this.#ask(what, false, (reader, signal) =>
        reader.logs(namespace, pod, container, options, signal),
      );
      if (text) this.#graph.addLog(namespace, pod, container, previous, text);
    });
  }

  #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#memo.get(key);
    if (known) return known as Promise<T>;
    const reading = this.#slots(read);
    this.#memo.set(key, reading);
    return reading;
  }

  /**
   * Undefined when nobody answered or the budget is used up. `optional`: that the cluster has no such kind is an answer,
   * not something that could not be read.
   */
  async #ask<T>(what: string, optional: boolean, attempt: Attempt<T>): Promise<T | undefined> {
    let failure = 'no reader';
    for (const reader of this.#readers) {
      if ((this.#failures.get(reader) ?? 0) >= 3) continue;
      if (this.#signal.aborted) {
        failure = 'time is up';
        break;
      }
      if (!this.budget.take()) return undefined;
      try {
        return await attempt(reader, this.#signal);
      } catch (error) {
        if (optional && error instanceof ReadError && error.failure === 'unsupported') return undefined;
        failure = `${error instanceof ReadError ? error.failure : 'failed'}: ${oneLine(errorText(error), 200)}`;
        if (error instanceof ReadError && ['unreachable', 'timeout', 'unauthorized'].includes(error.failure)) {
          this.#failures.set(reader, (this.#failures.get(reader) ?? 0) + 1);
        }
      }
    }
    this.missing.push(`${what}: ${failure}`);
    return undefined;
  }
}

/** What has to be known of a kind to read it; null for one that cannot be told from a kind of Kubernetes' own by its name. */
function readableKind(kind: string, namespaced: boolean, apiVersion: string | undefined) {
  const known = kindFacts(kind);
  if (apiVersion === undefined) return known ? { ...known, custom: false } : null;
  if (known) return groupOf(known.apiVersion) === groupOf(apiVersion) ? { ...known, custom: false } : null;
  return { apiVersion, namespaced, custom: true };
}

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

/** What one collection may cost at most. */
export interface BudgetLimits {
  readonly requests: number;
  /** Bytes of evidence that are kept. */
  readonly bytes: number;
  readonly milliseconds: number;
  readonly concurrency: number;
  /** Objects of one list. */
  readonly listLimit: number;
  readonly logLines: number;
  readonly logBytes: number;
}

export const defaultBudget: BudgetLimits = {
  requests: 60,
  bytes: 8 * 1024 * 1024,
  milliseconds: 5000,
  concurrency: 8,
  listLimit: 250,
  logLines: 500,
  logBytes: 256 * 1024,
};

/** Counts the requests of one collection; `take` says no when they are used up. */
export class ReadBudget {
  used = 0;
  refused = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get left(): number {
    return this.#max - this.used;
  }

  take(): boolean {
    if (this.used >= this.#max) {
      this.refused += 1;
      return false;
    }
    this.used += 1;
    return true;
  }
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object as it is kept: without the values of Secrets and without the schemas of definitions. */
function asKept(object: KubeObject): KubeObject {
  if (object.kind === 'CustomResourceDefinition') return withoutSchemas(object);
  return withoutSecretValues(object);
}

/** A definition without the schemas of its versions: they are large and say nothing of its state. */
function withoutSchemas(definition: KubeObject): KubeObject {
  const versions = listAt(definition, 'spec', 'versions').map((version) => {
    const { schema: _schema, ...rest } = recordAt(version);
    return rest;
  });
  return { ...definition, spec: { ...recordAt(definition, 'spec'), versions } };
}

/**
 * Of a Secret only names, keys and the sizes of values; the dates of a public certificate in it are kept, because an
 * expired one is a cause. Copies of the whole object in annotations go too.
 */
function withoutSecretValues(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const { [lastApplied]: _copy, ...annotations } = object.metadata.annotations ?? {};
  const data: Record<string, string> = {};
  for (const [key, value] of Object.entries(recordAt(object, 'data')))
    data[key] = key === '.dockerconfigjson' ? describeLogins(value) : describe(value);
  const { stringData: _plain, ...rest } = object;
  return { ...rest, metadata: { ...object.metadata, annotations }, data };
}

function describe(value: unknown): string {
  if (typeof value !== 'string') return 'value not kept';
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString('utf8');
  if (text.startsWith('-----BEGIN CERTIFICATE-----')) {
    try {
      const certificate = new X509Certificate(text);
      return `certificate of ${certificate.subject.replace(/\s+/g, ' ')}, valid until ${certificate.validToDate.toISOString()}`;
    } catch {
      // Not a certificate after all: the size is enough.
    }
  }
  return `value not kept, ${bytes.length} bytes`;
}

/** The registries that a pull secret holds logins for: their names are no secret. */
function describeLogins(value: unknown): string {
  if (typeof value !== 'string') return 'value not kept';
  let known: unknown;
  try {
    known = JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
  } catch {
    return 'value not kept, no valid JSON';
  }
  const keys = Object.keys(recordAt(known, 'auths'));
  const names = keys.map((key) => key.replace(/^https?:\/\//, '').replace(/\/.*$/, ''));
  const hosts = names.filter((name) => /^[\w.-]+(?::\d+)?$/.test(name)).slice(0, maxLogins);
  return `logins for ${hosts.join(', ')}; value not kept`;
}

const maxLogins = 10;
