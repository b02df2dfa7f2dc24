import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts, workloadKinds } from '../../kube/kinds.ts';
import { makers, steps } from '../custom/kinds.ts';
import { customObjects, madeBy, namedCustom, refsOf } from '../custom/links.ts';
import { badState } from '../custom/state.ts';
import { entityKey, entityOf } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { focusNamespaces } from '../model/focus.ts';
import { absentInputs } from '../model/pod-references.ts';
import { buildWorkloads } from '../model/workload.ts';
import type { ClusterWalk } from './cluster-walk.ts';

/** Kept for what logs name. */
const reserve = 8;
const maxRefs = 3;
const hops = 2;

/**
 * Custom resources where something names them: a Warning, an owner, the mark of a tool, or a Secret or ConfigMap that is
 * not there and that one of them should make; then what those that are not well refer to. Nothing else costs a request.
 */
export async function readCustom(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  const keys = new Set(focus.map(entityKey));
  const workloads = buildWorkloads(graph).filter(
    (one) =>
      keys.has(entityKey(one.entity)) ||
      one.pods.some((pod) => keys.has(entityKey({ ...one.entity, kind: 'Pod', name: pod.name }))),
  );
  const objects = [
    ...focus.map(({ kind, namespace, name }) => graph.get(kind, namespace, name)),
    ...workloads.map((one) => one.object),
    ...ownedByFocus(graph, focus),
  ].filter((object) => object !== null);
  await Promise.all(
    namedCustom(graph, objects, focus).map(({ kind, namespace, name, apiVersion }) =>
      walk.get(kind, namespace, name, apiVersion),
    ),
  );
  await readMakers(walk, graph, focus);
  const seen = new Set<string>();
  for (let hop = 0; hop < hops; hop += 1) {
    const bad = customObjects(graph).filter((object) => badState(object) !== null && !seen.has(keyOf(object)));
    for (const object of bad) seen.add(keyOf(object));
    await Promise.all(bad.slice(0, maxRefs).map((object) => readBehind(walk, object)));
  }
}

/** Workloads that a custom object of the incident owns: they tell its version of the API, without which it cannot be read. */
function ownedByFocus(graph: EvidenceGraph, focus: readonly Entity[]): readonly KubeObject[] {
  const custom = focus.filter(({ kind }) => kindFacts(kind) === null);
  return custom.flatMap(({ kind, namespace, name }) =>
    workloadKinds
      .flatMap((one) => graph.all(one, namespace))
      .filter((object) => (object.metadata.ownerReferences ?? []).some((one) => one.kind === kind && one.name === name))
      .slice(0, 1),
  );
}

const keyOf = (object: KubeObject): string => entityKey(entityOf(object));

/** The makers of what pods of the incident's namespaces miss, kind by kind, until one makes it. */
async function readMakers(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  for (const namespace of focusNamespaces(focus).slice(0, 1)) {
    const absent = absentInputs(graph, namespace).filter(
      ({ name }) => !customObjects(graph).some((object) => madeBy(object).includes(name)),
    );
    if (absent.length === 0) continue;
    await Promise.all(
      makers
        .filter(({ makes }) => absent.some(({ kind }) => kind === makes))
        .map(async ({ kind, apiVersions }) => {
          for (const apiVersion of apiVersions) {
            if (walk.budget.left <= reserve) return;
            const found = await walk.list(kind, { namespace, limit: 100 }, apiVersion);
            if (found.length > 0) return;
          }
        }),
    );
  }
}

/** What an object that is not well refers to, and the steps by which it makes what it makes. */
async function readBehind(walk: ClusterWalk, object: KubeObject): Promise<void> {
  if (walk.budget.left <= reserve) return;
  const namespace = object.metadata.namespace ?? '';
  const [group = ''] = object.apiVersion.split('/');
  await Promise.all([
    ...refsOf(object)
      .slice(0, maxRefs)
      .map((ref) => walk.get(ref.kind, ref.namespace, ref.name, ref.apiVersion)),
    ...(steps[`${object.kind} ${group}`] ?? []).map(({ kind, apiVersion }) =>
      walk.list(kind, { namespace, limit: 20 }, apiVersion),
    ),
  ]);
}
