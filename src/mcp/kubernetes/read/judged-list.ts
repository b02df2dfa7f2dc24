import type { KubeObject, ListOptions } from '../../../kube/cluster-reader.ts';
import { kindFacts, type SweptKind } from '../../../kube/kinds.ts';
import type { ToolCluster } from '../../clusters.ts';
import { fetchObjects, objectKey, type Page, pageByKey, pageOf } from '../../page.ts';
import type { ToolCall } from '../../tool.ts';
import { type Judged, type Problem, problemsOf } from './problems.ts';
import { placeOfObject } from './surroundings.ts';
import { bySelectors, listWhole, NotChecked, type ReadList } from './whole-list.ts';

interface Asked {
  readonly namespace?: string | undefined;
  readonly label_selector?: string | undefined;
  readonly field_selector?: string | undefined;
  readonly problem_only?: boolean;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A page of objects and what is wrong with them. */
export interface JudgedPage {
  readonly page: Page<KubeObject>;
  readonly problem: (object: KubeObject) => { problem?: Problem };
  readonly notChecked: NotChecked;
}

/** Where and when a list is read. */
interface Place {
  readonly cluster: ToolCluster;
  /** Ms since the epoch. */
  readonly now: number;
  readonly call: ToolCall;
  /** What more a tool reads beside the objects, so that it is read once. */
  readonly alsoRead?: (
    notChecked: NotChecked,
    namespaces: readonly string[] | null,
  ) => Promise<ReadonlyMap<SweptKind, ReadList>>;
}

/**
 * Objects of a kind in pages, with the faults that stand for them. With `problem_only` all of the kind are read and judged
 * for each page. @throws ReadError; ToolError for a selector or cursor that is refused
 */
export async function judgedPage(kind: Judged, asked: Asked, place: Place): Promise<JudgedPage> {
  const { call, now, alsoRead = () => Promise.resolve(new Map()) } = place;
  const { reader } = place.cluster;
  const { signal } = call;
  const notChecked = new NotChecked();
  const options = optionsOf(asked);
  const judge = async (objects: readonly KubeObject[], whole: boolean): Promise<ReadonlyMap<string, Problem>> => {
    const namespaces = asked.namespace === undefined ? namespacesOf(objects) : [asked.namespace];
    const read = await alsoRead(notChecked, namespaces);
    const scope = { reader, namespaces, whole: whole && isUnselected(asked), now, notChecked };
    return problemsOf(kind, objects, scope, signal, read);
  };
  if (asked.problem_only === true) {
    const { items, whole } = await bySelectors(options, listWhole(reader, nameOf(kind), options, signal));
    const problems = await judge(items, whole);
    const faulty = items.filter((object) => problems.has(placeOfObject(object)));
    const cut = whole ? undefined : `only the first ${items.length} of kind ${kind} were looked at`;
    return { page: await pageByKey(faulty, objectKey, asked, call, cut), problem: problemIn(problems), notChecked };
  }
  const fetch = (token: string, limit: number) =>
    bySelectors(options, fetchObjects(reader, nameOf(kind), { ...options, limit }, token, signal));
  const page = await pageOf(asked, call, fetch, objectKey);
  const whole = asked.cursor === undefined && !page.truncated;
  return { page, problem: problemIn(await judge(page.items, whole)), notChecked };
}

/** So many namespaces are read one by one, at the same time. */
const maxNamespaces = 4;

/** Those of a page, which are few in the order of namespaces; null for more, and for what has none. */
function namespacesOf(objects: readonly KubeObject[]): readonly string[] | null {
  const all = new Set(objects.map(({ metadata }) => metadata.namespace ?? ''));
  return all.has('') || all.size > maxNamespaces ? null : [...all];
}

function problemIn(problems: ReadonlyMap<string, Problem>) {
  return (object: KubeObject): { problem?: Problem } => {
    const problem = problems.get(placeOfObject(object));
    return problem === undefined ? {} : { problem };
  };
}

function nameOf(kind: Judged): readonly [string, string] {
  return [kindFacts(kind)?.apiVersion ?? 'v1', kind];
}

function optionsOf({ namespace, label_selector, field_selector }: Asked): ListOptions {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(label_selector === undefined ? {} : { labelSelector: label_selector }),
    ...(field_selector === undefined ? {} : { fieldSelector: field_selector }),
  };
}

function isUnselected({ label_selector, field_selector }: Asked): boolean {
  return label_selector === undefined && field_selector === undefined;
}
