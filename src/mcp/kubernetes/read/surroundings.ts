import { type KubeObject } from '../../../kube/cluster-reader.ts';
import { detect } from '../../../kube/detect/detect.ts';
import { type DetectContext, type Finding, findingId } from '../../../kube/detect/finding.ts';
import type { SweptKind } from '../../../kube/kinds.ts';
import { type KubeEvent, items } from '../../../kube/objects.ts';
import type { ReadList } from './whole-list.ts';

/** An object of a cluster in one text. */
export function placeOf(kind: string, namespace: string | null | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

export function placeOfObject({ kind, metadata }: KubeObject): string {
  return placeOf(kind, metadata.namespace, metadata.name);
}

/** What was read of a cluster or one of its namespaces, and what detectors find in it. A kind without a list was not read. */
export class Surroundings {
  readonly #lists: ReadonlyMap<SweptKind, ReadList>;
  readonly #now: number;
  readonly #objects = new Map<string, KubeObject>();
  readonly #byNamespace = new Map<string, KubeObject[]>();
  readonly #eventsByPlace = new Map<string, KubeEvent[]>();

  /** `now`: ms since the epoch. `further`: events that no list holds, such as those of autoscalers. */
  constructor(lists: ReadonlyMap<SweptKind, ReadList>, now: number, further: readonly KubeObject[] = []) {
    this.#lists = lists;
    this.#now = now;
    for (const [kind, list] of lists) if (kind !== 'Event') for (const object of list.items) this.#add(object);
    for (const event of [...this.#warnings(), ...further]) this.#file(event);
  }

  #add(object: KubeObject): void {
    this.#objects.set(placeOfObject(object), object);
    put(this.#byNamespace, `${object.kind}/${object.metadata.namespace ?? ''}`, object);
  }

  #file(event: KubeEvent): void {
    const about = event.involvedObject;
    if (about?.kind && about.name) put(this.#eventsByPlace, placeOf(about.kind, about.namespace, about.name), event);
  }

  #warnings(): readonly KubeEvent[] {
    return this.#lists.get('Event')?.items ?? [];
  }

  /** Every object that was read. */
  objects(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  find(kind: string, namespace: string | null | undefined, name: string): KubeObject | null {
    return this.#objects.get(placeOf(kind, namespace, name)) ?? null;
  }

  /** Events about an object, those of another one that had its name left out. */
  eventsOf(object: KubeObject): readonly KubeEvent[] {
    return (this.#eventsByPlace.get(placeOfObject(object)) ?? []).filter(({ involvedObject }) => {
      const uid = involvedObject?.uid;
      // Kubelets give the name of their node as its uid.
      return !uid || uid === object.metadata.uid || object.kind === 'Node';
    });
  }

  /** The faults that stand, each once: those that objects show, then those that only warnings tell of. */
  findings(): readonly Finding[] {
    const found = new Map<string, Finding>();
    const add = (finding: Finding): void => {
      const id = findingId(finding, '');
      if (!found.has(id)) found.set(id, finding);
    };
    for (const object of this.objects()) for (const one of detect(object, this.#context(object))) add(one);
    const faulty = new Set([...found.values()].map(({ resource }) => placeOfFinding(resource)));
    for (const event of this.#warnings()) {
      const about = event.involvedObject;
      if (!about?.kind || !about.name || faulty.has(placeOf(about.kind, about.namespace, about.name))) continue;
      for (const one of detect(event, { ...this.#context(event), ...this.#involved(event) })) {
        // Without a uid there is no identity: the object could not be read, so nothing is said of it.
        if (one.resource.uid !== null) add(one);
      }
    }
    return [...found.values()];
  }

  /** The object of an event as detectors want it: null when it is gone, nothing when it is not known. */
  #involved({ involvedObject }: KubeEvent): { involved?: KubeObject | null } {
    const { kind = '', namespace, name = '', uid } = involvedObject ?? {};
    const object = this.find(kind ?? '', namespace, name ?? '');
    const other = object !== null && kind !== 'Node' && !!uid && uid !== object.metadata.uid;
    if (object !== null) return { involved: other ? null : object };
    return this.#isWhole(kind as SweptKind) ? { involved: null } : {};
  }

  #context(object: KubeObject): DetectContext {
    const of = (kind: SweptKind): readonly KubeObject[] =>
      this.#byNamespace.get(`${kind}/${object.metadata.namespace ?? ''}`) ?? [];
    return {
      now: this.#now,
      events: this.eventsOf(object),
      ...(this.#lists.has('Pod') ? { pods: of('Pod') } : {}),
      ...(this.#isWhole('Pod') ? {} : { podsCut: true }),
      ...(this.#isWhole('EndpointSlice') ? { endpointSlices: of('EndpointSlice') } : {}),
      ...(this.#isWhole('Service') ? { services: of('Service') } : {}),
      workloads: [...of('Deployment'), ...of('StatefulSet'), ...of('DaemonSet')],
      jobs: of('Job'),
    };
  }

  #isWhole(kind: SweptKind): boolean {
    return this.#lists.get(kind)?.whole === true;
  }
}

function put<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

export function placeOfFinding({ kind, namespace, name }: Finding['resource']): string {
  return placeOf(kind, namespace, name);
}

/** Whether a pod waits for a node: autoscalers may be bringing one, which no warning says. */
export function waitsForNode(pod: KubeObject): boolean {
  const { status } = pod as { status?: { phase?: unknown; conditions?: { type?: string; status?: string }[] } };
  if (status?.phase !== 'Pending') return false;
  return items(status.conditions).some((one) => one.type === 'PodScheduled' && one.status === 'False');
}
