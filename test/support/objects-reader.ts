import { type KubeObject, type ListAnswer, type ListOptions, ReadError } from '../../src/kube/cluster-reader.ts';
import { ClusterState } from '../../src/sim/api/cluster-state.ts';

/** A cluster of some objects that keeps what was asked of it; kinds in `forbidden` cannot be read. */
export class ObjectsReader extends ClusterState {
  readonly forbidden = new Set<string>();
  readonly calls: string[] = [];

  constructor(objects: readonly KubeObject[] = []) {
    super();
    for (const object of objects) this.put(object);
  }

  override async get(
    apiVersion: string,
    kind: string,
    namespace: string | null,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | null> {
    this.#called(`get ${kind} ${namespace ?? ''}/${name}`, kind);
    return super.get(apiVersion, kind, namespace, name, signal);
  }

  override async list(
    apiVersion: string,
    kind: string,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<ListAnswer> {
    this.#called(`list ${kind} ${options.namespace ?? '*'}`, kind);
    return super.list(apiVersion, kind, options, signal);
  }

  #called(what: string, kind: string): void {
    this.calls.push(what);
    if (this.forbidden.has(kind)) throw new ReadError('forbidden', `${kind} is forbidden`);
  }
}
