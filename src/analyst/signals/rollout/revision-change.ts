import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { controllerRef } from '../../../kube/owner.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, textAt, timeAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { lastChange } from '../held-values.ts';

/** A field of the pod template that the new revision has other than the one that runs. */
export interface Change {
  readonly what: 'image' | 'command' | 'variable' | 'environment' | 'resources' | 'probe' | 'reference' | 'mount';
  readonly container: string;
  /** Name of the variable, the object, the mount path; empty where the container has one only. */
  readonly name: string;
  /** Empty where the revision has none. */
  readonly was: string;
  readonly now: string;
}

/** A ConfigMap or Secret that was written after the pods of the revision that runs had started. */
export interface Touched {
  readonly object: KubeObject;
  readonly at: string;
}

/** A revision that fails beside one that runs, and what tells them apart. */
export interface RevisionChange {
  readonly workload: Workload;
  readonly failing: PodView;
  /** A ready pod of the revision before. */
  readonly runs: PodView;
  readonly changes: readonly Change[];
  readonly touched: readonly Touched[];
}

/** Null where no older revision has a ready pod, or the newest has no pod that fails. */
export function revisionChange(graph: EvidenceGraph, workload: Workload): RevisionChange | null {
  const isNewest = newestOf(workload);
  const failing = workload.pods.find((pod) => !pod.deleting && !pod.ready && isNewest(pod));
  if (!failing) return null;
  const runs = workload.pods.find((pod) => !pod.deleting && pod.ready && !isNewest(pod));
  if (!runs) return null;
  return {
    workload,
    failing,
    runs,
    changes: changesBetween(runs.object['spec'], failing.object['spec']),
    touched: touchedSince(graph, workload, runs),
  };
}

/** The number of the revision that runs; null where it is not known: only those of a Deployment are read. */
export function runningRevision({ runs, workload: { replicaSets } }: RevisionChange): number | null {
  const owner = controllerRef(runs.object)?.name;
  const set = replicaSets.find(({ metadata: { name } }) => name === owner);
  const revision = set?.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '';
  return /^[1-9]\d{0,8}$/.test(revision) ? Number(revision) : null;
}

/** Tells whether a pod is of the newest revision. */
export function newestOf({ currentPods, entity, object }: Workload): (pod: PodView) => boolean {
  if (entity.kind === 'Deployment') {
    const current = new Set(currentPods);
    return (pod) => current.has(pod);
  }
  const newest = textAt(object, 'status', 'updateRevision');
  return (pod) => newest !== '' && pod.object.metadata.labels?.['controller-revision-hash'] === newest;
}

function touchedSince(graph: EvidenceGraph, workload: Workload, runs: PodView): Touched[] {
  const started = timeAt(runs.object, 'status', 'startTime') ?? timeAt(runs.object, 'metadata', 'creationTimestamp');
  if (started === null) return [];
  const seen = new Set<string>();
  return podReferences(workload.template).flatMap(({ kind, name }): Touched[] => {
    const key = `${kind}/${name}`;
    if (kind === 'PersistentVolumeClaim' || seen.has(key)) return [];
    seen.add(key);
    const object = graph.get(kind, workload.entity.namespace, name);
    const at = lastChange(object);
    return object && at !== '' && Date.parse(at) > started ? [{ object, at }] : [];
  });
}

const maxText = 120;
const maxChanges = 12;

/** What two pod specs have apart, container by container. Both are as the API server keeps them. */
function changesBetween(before: unknown, after: unknown): Change[] {
  const old = containersByName(before);
  const changes = [...containersByName(after)].flatMap(([name, spec]) => {
    const was = old.get(name);
    return was === undefined ? [] : inContainer(name, was, spec);
  });
  return [...changes, ...inReferences(before, after)].slice(0, maxChanges);
}

const containersByName = (spec: unknown): Map<string, unknown> =>
  new Map([...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].map((one) => [textAt(one, 'name'), one]));

function inContainer(container: string, before: unknown, after: unknown): Change[] {
  const parts: readonly (readonly [Change['what'], string, (spec: unknown) => string])[] = [
    ['image', '', (spec) => textAt(spec, 'image')],
    ['command', '', (spec) => [...listAt(spec, 'command'), ...listAt(spec, 'args')].map(String).join(' ')],
    ['environment', '', (spec) => listAt(spec, 'envFrom').map(source).join(', ')],
    ['resources', '', (spec) => plain(dig(spec, 'resources'))],
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map(
      (name) => ['probe', name, (spec: unknown) => plain(dig(spec, name))] as const,
    ),
  ];
  const fields = parts.flatMap(([what, name, read]) => change(what, container, name, read(before), read(after)));
  return [
    ...fields,
    ...inMap('variable', container, variables(before), variables(after)),
    ...inMap('mount', container, mounts(before), mounts(after)),
  ];
}

function change(what: Change['what'], container: string, name: string, was: string, now: string): Change[] {
  return was === now ? [] : [{ what, container, name, was: short(was), now: short(now) }];
}

function inMap(
  what: Change['what'],
  container: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) =>
    change(what, container, name, before.get(name) ?? '', after.get(name) ?? ''),
  );
}

const variables = (spec: unknown): Map<string, string> =>
  new Map(
    listAt(spec, 'env').map((one) => [textAt(one, 'name'), textAt(one, 'value') || source(dig(one, 'valueFrom'))]),
  );

/** Where the service account's token is mounted is the cluster's own. */
const mounts = (spec: unknown): Map<string, string> =>
  new Map(
    listAt(spec, 'volumeMounts')
      .map((one): [string, string] => [
        textAt(one, 'mountPath'),
        `${textAt(one, 'name')} ${textAt(one, 'subPath')}`.trim(),
      ])
      .filter(([path]) => !path.startsWith('/var/run/secrets/kubernetes.io/')),
  );

function inReferences(before: unknown, after: unknown): Change[] {
  const names = (spec: unknown): Set<string> => new Set(podReferences(spec).map(({ kind, name }) => `${kind} ${name}`));
  const [was, now] = [names(before), names(after)];
  const gone = [...was].filter((name) => !now.has(name));
  const come = [...now].filter((name) => !was.has(name));
  const count = Math.max(gone.length, come.length);
  return Array.from({ length: count }, (_none, at) => ({
    what: 'reference' as const,
    container: '',
    name: come[at] ?? gone[at] ?? '',
    was: gone[at] ?? '',
    now: come[at] ?? '',
  }));
}

/** A reference to a key, without the fields that say nothing. */
function source(value: unknown): string {
  for (const [field, kind] of [
    ['configMapKeyRef', 'ConfigMap'],
    ['secretKeyRef', 'Secret'],
    ['configMapRef', 'ConfigMap'],
    ['secretRef', 'Secret'],
  ] as const) {
    const name = textAt(value, field, 'name');
    if (name !== '') return `${kind} ${name} ${textAt(value, field, 'key')}`.trim();
  }
  return value === undefined ? '' : plain(value);
}

const plain = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));

const short = (text: string): string => (text.length <= maxText ? text : `${text.slice(0, maxText - 1)}…`);

/** A change in words: `image a:1 → a:2`, `variable MODE (none → fast)`. */
export function changeText({ what, name, was, now }: Change): string {
  const values = `${was === '' ? 'none' : was} → ${now === '' ? 'none' : now}`;
  if (what === 'reference') return values;
  return name === '' ? `${what} ${values}` : `${what} ${name} (${values})`;
}
