import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityText, sameEntity } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { listAt, numberAt, textAt } from '../model/fields.ts';
import type { Workload } from '../model/workload.ts';
import { reasonRef, type Trouble } from './trouble.ts';

/** Who is to take a finalizer off an object, and why it does not. */
export interface Remover {
  readonly text: string;
  readonly todo: string;
  readonly refs: readonly (EvidenceRef | null)[];
  readonly affects: readonly Entity[];
}

interface Seen {
  readonly graph: EvidenceGraph;
  readonly workloads: readonly Workload[];
  readonly troubles: readonly Trouble[];
}

/** Field managers that are tools of people or parts of the control plane. */
const tools =
  /^(?:kubectl|helm|kube-|k3s|Mozilla|Go-http|before-first-apply|argocd|flux|kustomize|terraform|curl|unknown)/i;

/**
 * The names under which the controller of an object goes: the field managers that wrote it, else the words of the
 * finalizer's domain.
 */
export function controllerNames(object: KubeObject, finalizer: string): readonly string[] {
  const managers = (object.metadata.managedFields ?? [])
    .map((it) => it.manager ?? '')
    .filter((manager) => manager !== '' && !tools.test(manager));
  const [domain = ''] = finalizer.split('/');
  const words = domain.split('.').filter((word) => word.length >= 4 && !generic.has(word));
  return [...new Set([...managers, ...words])];
}

const generic: ReadonlySet<string> = new Set([
  'finalizer',
  'finalizers',
  'kubernetes',
  'operator',
  'controller',
  'cluster',
  'resource',
  'resources',
  'cleanup',
  'protection',
  'example',
]);

/** Whether a workload goes by one of the names: its own, or that of a container, image or command. */
function goesBy(workload: Workload, name: string): boolean {
  if (workload.entity.name === name) return true;
  const containers = listAt(workload.template, 'containers');
  const words = containers.flatMap((container) => [
    textAt(container, 'name'),
    textAt(container, 'image'),
    ...listAt(container, 'command').map(String),
  ]);
  return [workload.entity.name, ...words].some((word) => word.includes(name));
}

const isController = /controller|operator|manager|provisioner|attacher/i;

/** The workload of that name; of several that go by it the one that is called a controller, or none: a guess would mislead. */
function controllerOf(running: readonly Workload[], name: string, kind: string): Workload | null {
  const exact = running.find(({ entity }) => entity.name === name);
  if (exact) return exact;
  const found = running.filter((workload) => goesBy(workload, name));
  if (found.length === 1) return found[0] ?? null;
  const controllers = found.filter(({ entity }) => isController.test(entity.name));
  if (controllers.length === 1) return controllers[0] ?? null;
  return controllers.find(({ entity }) => entity.name.includes(`${kind.toLowerCase()}-`)) ?? null;
}

/** Who is to remove the finalizer: a workload of the evidence with its state, or only its name. */
export function removerOf({ graph, workloads, troubles }: Seen, object: KubeObject, finalizer: string): Remover {
  const candidates = controllerNames(object, finalizer);
  const running = workloads.filter((it) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(it.entity.kind));
  for (const name of candidates) {
    const workload = controllerOf(running, name, object.kind);
    if (workload) return known(graph, workload, troubles);
  }
  const [name] = candidates;
  const who = name === undefined ? `the controller that set ${finalizer}` : `the controller ${name}`;
  return {
    text: `Its remover would be ${who}, of which no workload was seen.`,
    todo: `Find ${who} and start that again, which takes the finalizer off`,
    refs: [],
    affects: [],
  };
}

function known(graph: EvidenceGraph, workload: Workload, troubles: readonly Trouble[]): Remover {
  const name = entityText(workload.entity);
  const { object } = workload;
  if (object && numberAt(object, 'spec', 'replicas') === 0) {
    return {
      text: `Its remover is ${name}, which is scaled to 0.`,
      todo: `Scale ${name} up again, which takes the finalizer off`,
      refs: [graph.fieldRef(object, 'replicas', 0)],
      affects: [],
    };
  }
  const trouble = troubles.find((one) => sameEntity(one.workload.entity, workload.entity));
  if (trouble?.reason) {
    return {
      text: `Its remover is ${name}, which says: ${trouble.reason.text.slice(0, 250)}`,
      todo: `Mend ${name}, which takes the finalizer off`,
      refs: [reasonRef(graph, trouble)],
      affects: [],
    };
  }
  const ready = workload.pods.filter((pod) => pod.ready).length;
  return {
    text: `Its remover is ${name} (${ready} of ${workload.desired} pods ready).`,
    todo: `Read the log of ${name}: it says why it does not take the finalizer off`,
    refs: [],
    affects: [],
  };
}
