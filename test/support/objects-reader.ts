import {
  type ClusterReader,
  type KubeObject,
  type ListAnswer,
  type ListOptions,
  ReadError,
} from '../../src/kube/cluster-reader.ts';

/** Reads a list of objects as if they were a cluster; kinds in `forbidden` cannot be read. */
export class ObjectsReader implements ClusterReader {
  readonly objects: KubeObject[];
  readonly forbidden = new Set<string>();
  readonly calls: string[] = [];

  constructor(objects: readonly KubeObject[] = []) {
    this.objects = [...objects];
  }

  async get(_apiVersion: string, kind: string, namespace: string | null, name: string): Promise<KubeObject | null> {
    await this.#call(`get ${kind} ${namespace ?? ''}/${name}`, kind);
    const found = this.objects.find(
      (object) =>
        object.kind === kind && object.metadata.name === name && (object.metadata.namespace ?? null) === namespace,
    );
    return found ?? null;
  }

  async list(_apiVersion: string, kind: string, options: ListOptions): Promise<ListAnswer> {
    await this.#call(`list ${kind} ${options.namespace ?? '*'}`, kind);
    const items = this.objects.filter(
      (object) => object.kind === kind && (!options.namespace || object.metadata.namespace === options.namespace),
    );
    return { items, truncated: false };
  }

  logs(): Promise<string | null> {
    return Promise.resolve(null);
  }

  async #call(what: string, kind: string): Promise<void> {
    await Promise.resolve();
    this.calls.push(what);
    if (this.forbidden.has(kind)) throw new ReadError('forbidden', `${kind} is forbidden`);
  }
}
