import type { ClusterReader, KubeObject, ListAnswer, ListOptions, LogOptions } from '../cluster-reader.ts';
import { ReadError } from '../cluster-reader.ts';

type OpenReader = () => Promise<ClusterReader | null>;

/** Which of the readers has answered, by its place in their order. */
type OnAnswer = (at: number) => void;

/**
 * Asks several readers of one cluster in order of preference: the next one is asked when one gives no answer (refused,
 * unreachable, too slow); "does not exist" is an answer. Each is opened when it is first needed, and again when opening
 * failed before.
 */
export class FallbackReader implements ClusterReader {
  readonly #sources: readonly OpenReader[];
  readonly #onAnswer: OnAnswer | null;

  constructor(sources: readonly OpenReader[], onAnswer: OnAnswer | null = null) {
    this.#sources = sources;
    this.#onAnswer = onAnswer;
  }

  /** The same readers, for one who wants to know which of them answer. */
  noting(onAnswer: OnAnswer): FallbackReader {
    return new FallbackReader(this.#sources, onAnswer);
  }

  get(
    apiVersion: string,
    kind: string,
    namespace: string | null,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | null> {
    return this.#first((reader) => reader.get(apiVersion, kind, namespace, name, signal), signal);
  }

  list(apiVersion: string, kind: string, options: ListOptions, signal: AbortSignal): Promise<ListAnswer> {
    return this.#first((reader) => reader.list(apiVersion, kind, options, signal), signal);
  }

  logs(
    namespace: string,
    pod: string,
    container: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<string | null> {
    return this.#first((reader) => reader.logs(namespace, pod, container, options, signal), signal);
  }

  document(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#first((reader) => {
      if (reader.document) return reader.document(path, signal);
      throw new ReadError('unsupported', 'what stands in place of the API cannot be asked about itself');
    }, signal);
  }

  async #first<T>(ask: (reader: ClusterReader) => Promise<T>, signal: AbortSignal): Promise<T> {
    let failure: unknown = new ReadError('unreachable', 'nobody can be asked about this cluster');
    for (const [at, open] of this.#sources.entries()) {
      signal.throwIfAborted();
      try {
        const reader = await open();
        if (reader === null) continue;
        const answer = await ask(reader);
        this.#onAnswer?.(at);
        return answer;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}
