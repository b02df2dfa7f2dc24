/** A value of a manifest: somebody wrote it, so any field may be anything. */
export type Fields = Readonly<Record<string, unknown>>;

/** An object of Kubernetes in what was given, with where it stands. */
export interface Manifest {
  readonly object: Fields;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  /** '' or a path that ends in a dot: of an item of a list. */
  readonly path: string;
  /** The document that it is in, from 0. */
  readonly document: number;
}

/** The pod that a manifest makes. */
export interface PodSpec {
  readonly spec: Fields;
  /** Of the spec, without a dot at its end. */
  readonly path: string;
}

export interface Container {
  readonly container: Fields;
  readonly path: string;
  readonly name: string;
  readonly role: 'app' | 'init' | 'sidecar';
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value somewhere below; undefined where nothing is. */
export function below(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((at, key) => (isFields(at) && Object.hasOwn(at, key) ? at[key] : undefined), value);
}

/** The objects in a document: itself, or the items of a list of any kind. Empty when it is no object of Kubernetes. */
export function manifestsOf(value: unknown, document: number, path = ''): readonly Manifest[] {
  if (!isFields(value) || typeof value['kind'] !== 'string') return [];
  const { kind, items } = value;
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item: unknown, at) => manifestsOf(item, document, `${path}items[${at}].`));
  }
  const name = below(value, 'metadata', 'name') ?? below(value, 'metadata', 'generateName');
  const namespace = below(value, 'metadata', 'namespace');
  return [
    {
      object: value,
      kind,
      name: typeof name === 'string' ? name : '',
      namespace: typeof namespace === 'string' ? namespace : null,
      path,
      document,
    },
  ];
}

/** Where kinds keep the pod that they make; others, such as those of operators, mostly as a Deployment. */
const podPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};
const usualPodPath = ['spec', 'template', 'spec'];

export function podSpecOf({ object, kind, path }: Manifest): PodSpec | null {
  const keys = podPaths[kind] ?? usualPodPath;
  const spec = below(object, ...keys);
  return isFields(spec) && Array.isArray(spec['containers']) ? { spec, path: path + keys.join('.') } : null;
}

/** The containers of a pod. A sidecar is one that starts with the init containers and stays. */
export function containersOf({ spec, path }: PodSpec): readonly Container[] {
  return (['initContainers', 'containers'] as const).flatMap((key) => {
    const list = spec[key];
    return (Array.isArray(list) ? list : []).flatMap((container: unknown, at): Container[] => {
      if (!isFields(container)) return [];
      const role = key === 'containers' ? 'app' : container['restartPolicy'] === 'Always' ? 'sidecar' : 'init';
      const name = typeof container['name'] === 'string' ? container['name'] : `${key}[${at}]`;
      return [{ container, path: `${path}.${key}[${at}]`, name, role }];
    });
  });
}
