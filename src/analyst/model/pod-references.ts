import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityOf } from './entities.ts';
import type { EvidenceGraph } from './evidence-graph.ts';
import { conditionAt, dig, listAt, textAt } from './fields.ts';
import { containerSpec, type Workload } from './workload.ts';

/** Something that a pod spec refers to by name, and how. */
export interface PodReference {
  readonly kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim';
  readonly name: string;
  /** The key that is wanted; null when the whole object is. */
  readonly key: string | null;
  /** Name of the env variable or of the volume. */
  readonly by: string;
  readonly how: 'env' | 'envFrom' | 'volume' | 'imagePullSecret';
  readonly optional: boolean;
  /** Containers that use it; empty for pull secrets. */
  readonly containers: readonly string[];
  /** Mount paths of a volume. */
  readonly paths: readonly { path: string; subPath: string }[];
}

/** Every ConfigMap, Secret and claim that a pod spec names. */
export function podReferences(spec: unknown): readonly PodReference[] {
  const containers = [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')];
  return [
    ...containers.flatMap(envReferences),
    ...listAt(spec, 'volumes').flatMap((volume) => volumeReferences(volume, containers)),
    ...listAt(spec, 'imagePullSecrets').map((imagePullSecret): PodReference => ({
      kind: 'Secret',
      name: textAt(imagePullSecret, 'name'),
      key: null,
      by: '',
      how: 'imagePullSecret',
      optional: false,
      containers: [],
      paths: [],
    })),
  ].filter((it) => it.name !== '');
}

function envReferences(container: unknown): PodReference[] {
  const used = { containers: [textAt(container, 'name')], paths: [] };
  const out: PodReference[] = [];
  for (const env of listAt(container, 'env')) {
    for (const [field, kind] of [
      ['configMapKeyRef', 'ConfigMap'],
      ['secretKeyRef', 'Secret'],
    ] as const) {
      const from = dig(env, 'valueFrom', field);
      if (from === undefined) continue;
      const optional = dig(from, 'optional') === true;
      const by = textAt(env, 'name');
      out.push({ kind, name: textAt(from, 'name'), key: textAt(from, 'key'), by, how: 'env', optional, ...used });
    }
  }
  for (const from of listAt(container, 'envFrom')) {
    for (const [field, kind] of [
      ['configMapRef', 'ConfigMap'],
      ['secretRef', 'Secret'],
    ] as const) {
      const name = textAt(from, field, 'name');
      const optional = dig(from, field, 'optional') === true;
      if (name !== '') out.push({ kind, name, key: null, by: '', how: 'envFrom', optional, ...used });
    }
  }
  return out;
}

function volumeReferences(volume: unknown, containers: readonly unknown[]): PodReference[] {
  const by = textAt(volume, 'name');
  const users = containers.filter((it) => listAt(it, 'volumeMounts').some((mount) => textAt(mount, 'name') === by));
  const shared = {
    by,
    how: 'volume' as const,
    containers: users.map((it) => textAt(it, 'name')),
    paths: users.flatMap((user) =>
      listAt(user, 'volumeMounts')
        .filter((mount) => textAt(mount, 'name') === by)
        .map((mount) => ({ path: textAt(mount, 'mountPath'), subPath: textAt(mount, 'subPath') })),
    ),
  };
  const items = (source: unknown, kind: 'ConfigMap' | 'Secret', name: string): PodReference[] => {
    const optional = dig(source, 'optional') === true;
    const keys = listAt(source, 'items').map((it) => textAt(it, 'key'));
    return keys.length === 0
      ? [{ kind, name, key: null, optional, ...shared }]
      : keys.map((key) => ({ kind, name, key, optional, ...shared }));
  };
  const sources = [volume, ...listAt(volume, 'projected', 'sources')];
  const out = sources.flatMap((source) => [
    ...items(dig(source, 'configMap'), 'ConfigMap', textAt(source, 'configMap', 'name')),
    ...items(
      dig(source, 'secret'),
      'Secret',
      textAt(source, 'secret', 'secretName') || textAt(source, 'secret', 'name'),
    ),
  ]);
  const claim = textAt(volume, 'persistentVolumeClaim', 'claimName');
  if (claim !== '') {
    out.push({ kind: 'PersistentVolumeClaim', name: claim, key: null, optional: false, ...shared });
  }
  return out.filter((it) => it.name !== '' && it.name !== 'kube-root-ca.crt');
}

/** A volume of a container that holds a path. */
export interface Mount {
  readonly volume: string;
  readonly path: string;
  readonly subPath: string;
  readonly source: unknown;
  readonly kind: 'configMap' | 'secret' | 'emptyDir' | 'persistentVolumeClaim' | 'hostPath' | 'other';
  /** Name of the ConfigMap, Secret or claim. */
  readonly name: string;
  readonly readOnly: boolean;
}

const kinds = ['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim', 'hostPath'] as const;

export function mountsOf(workload: Workload, container: string): readonly Mount[] {
  const volumes = listAt(workload.template, 'volumes');
  return listAt(containerSpec(workload, container), 'volumeMounts').map((mount) => {
    const volume = textAt(mount, 'name');
    const source = volumes.find((it) => textAt(it, 'name') === volume);
    const kind = kinds.find((it) => dig(source, it) !== undefined) ?? 'other';
    const name =
      textAt(source, 'configMap', 'name') ||
      textAt(source, 'secret', 'secretName') ||
      textAt(source, 'persistentVolumeClaim', 'claimName');
    return {
      volume,
      path: textAt(mount, 'mountPath').replace(/\/$/, ''),
      subPath: textAt(mount, 'subPath'),
      source,
      kind,
      name,
      readOnly: dig(mount, 'readOnly') === true,
    };
  });
}

/** The innermost mount that holds `path`, null when it is in the image's own file system. */
export function mountOf(workload: Workload, container: string, path: string): Mount | null {
  const holding = mountsOf(workload, container).filter((it) => path === it.path || path.startsWith(`${it.path}/`));
  return holding.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

/** A Secret or ConfigMap that pods need and that does not exist: it was asked for, or the kubelet says so. */
export interface AbsentInput {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
  readonly refs: readonly (EvidenceRef | null)[];
}

const maxPods = 40;

/** What pods of a namespace that are not ready need and that does not exist, each once. */
export function absentInputs(graph: EvidenceGraph, namespace: string): readonly AbsentInput[] {
  const found = new Map<string, AbsentInput>();
  const waiting = graph.all('Pod', namespace).filter((pod) => conditionAt(pod, 'Ready', 'True') === undefined);
  for (const pod of waiting.slice(0, maxPods)) {
    for (const { kind, name, optional } of podReferences(pod['spec'])) {
      const key = `${kind} ${name}`;
      if (kind === 'PersistentVolumeClaim' || optional || found.has(key) || graph.get(kind, namespace, name)) continue;
      const said = `${kind.toLowerCase()} "${name}" not found`;
      const absent = graph.absent(kind, namespace, name);
      const event = graph.eventsOf(entityOf(pod)).findLast((one) => one.message.includes(said));
      const waits = event ? undefined : waitingMessages(pod).find((message) => message.includes(said));
      if (!absent && !event && waits === undefined) continue;
      const refs = [absent, graph.eventRef(event), waits === undefined ? null : graph.fieldRef(pod, 'message', waits)];
      found.set(key, { kind, namespace, name, refs });
    }
  }
  return [...found.values()];
}

/** What the containers of a pod wait for, in the kubelet's words. */
function waitingMessages(pod: KubeObject): string[] {
  return ['initContainerStatuses', 'containerStatuses']
    .flatMap((field) => listAt(pod, 'status', field))
    .map((status) => textAt(status, 'state', 'waiting', 'message'))
    .filter((message) => message !== '');
}
