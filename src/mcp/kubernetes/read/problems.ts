import { z } from 'zod';
import { compareSeverity } from '../../../domain/fault.ts';
import { type ClusterReader, type KubeObject, ReadError } from '../../../kube/cluster-reader.ts';
import type { Finding } from '../../../kube/detect/finding.ts';
import { noScaleUpReason, scaleUpReasons } from '../../../kube/detect/scale-up.ts';
import { slimObject } from '../../../kube/detect/slim.ts';
import { kindFacts, type SweptKind } from '../../../kube/kinds.ts';
import { type NodeObject, type Pod, type Service, conditionOf, items } from '../../../kube/objects.ts';
import { isoTime, severityField } from './results.ts';
import { placeOfFinding, placeOfObject, Surroundings, waitsForNode } from './surroundings.ts';
import type { NotChecked, ReadList } from './whole-list.ts';

/** What is wrong with an object of a list, in its output schema. */
export const problemField = {
  problem: z
    .object({
      type: z.string().describe('As incidents name it: CrashLoop, ImagePull, Unschedulable …'),
      severity: severityField,
      message: z.string(),
      container: z.string().optional(),
      since: z.string().optional().describe('ISO 8601 UTC, where the object tells.'),
      others: z.int().optional().describe('How many further faults stand for the same object.'),
    })
    .optional()
    .describe('The worst fault that stands for it now; not there when none does.'),
};

export type Problem = NonNullable<z.infer<typeof problemField.problem>>;

/** Where objects are from, and whether they are all of their kind there. */
interface Scope {
  readonly reader: ClusterReader;
  /** The namespaces of the objects, in which is read what else says something of them; null for all. */
  readonly namespaces: readonly string[] | null;
  readonly whole: boolean;
  readonly now: number;
  readonly notChecked: NotChecked;
}

/** The kinds whose lists say what is wrong. */
export type Judged = Extract<SweptKind, 'Pod' | 'Deployment' | 'Service' | 'Node' | 'Namespace'>;

/** The kinds that say whether an object of a kind is a fault, beside its own; read only when an object may be one. */
const around: Readonly<Record<Judged, readonly SweptKind[]>> = {
  Pod: ['Event', 'Deployment', 'StatefulSet', 'DaemonSet'],
  Deployment: ['Event'],
  Service: ['Event', 'EndpointSlice', 'Pod', 'Deployment', 'StatefulSet', 'DaemonSet'],
  Node: ['Event'],
  Namespace: ['Event'],
};

/** Whether more than the object itself has to be looked at: what is well by its own word is no fault by another's. */
const isSuspect: Readonly<Record<Judged, (object: KubeObject) => boolean>> = {
  Pod: ({ status }: Pod) =>
    status?.phase !== 'Succeeded' && conditionOf(status?.conditions, 'Ready')?.status !== 'True',
  Deployment: () => true,
  Service: ({ spec }: Service) => spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0,
  Node: () => true,
  Namespace: (object: NodeObject) => object.metadata.deletionTimestamp !== undefined,
};

/**
 * The faults that stand for objects of a kind, by their places: what a sweep would find. `read`: lists that the caller has
 * read anyway. What cannot be read is noted, and less is found. @throws what the reader throws but ReadErrors
 */
export async function problemsOf(
  kind: Judged,
  objects: readonly KubeObject[],
  scope: Scope,
  signal: AbortSignal,
  read: ReadonlyMap<SweptKind, ReadList> = new Map(),
): Promise<ReadonlyMap<string, Problem>> {
  const lists = new Map<SweptKind, ReadList>([...read, [kind, { items: objects, whole: scope.whole }]]);
  const suspects = objects.filter(isSuspect[kind]);
  if (suspects.length > 0) {
    for (const other of around[kind]) if (!lists.has(other)) await addList(lists, other, kind, scope, signal);
    if (kind === 'Pod' && !scope.whole && suspects.some(isEnded)) await addList(lists, 'Pod', kind, scope, signal);
  }
  const further = objects.some(waitsForNode) ? await scaleUps(eventsOf(scope), signal) : [];
  const found = new Surroundings(lists, scope.now, further).findings();
  const byPlace = Map.groupBy(found, ({ resource }) => placeOfFinding(resource));
  return new Map(
    objects.flatMap((object) => {
      const findings = byPlace.get(placeOfObject(object)) ?? [];
      return findings.length === 0 ? [] : [[placeOfObject(object), worstOf(findings)] as const];
    }),
  );
}

async function addList(
  lists: Map<SweptKind, ReadList>,
  kind: SweptKind,
  about: Judged,
  { reader, namespaces, notChecked }: Scope,
  signal: AbortSignal,
): Promise<void> {
  const facts = kindFacts(kind);
  if (facts === null) return;
  const where = about === 'Node' || about === 'Namespace' ? null : namespaces;
  const warnings = kind === 'Event' ? { fieldSelector: `type=Warning,involvedObject.kind=${about}` } : {};
  const options = { ...warnings, keep: slimObject };
  const list = await notChecked.listIn(where, reader, [facts.apiVersion, kind], options, signal);
  if (list !== null) lists.set(kind, list);
}

/** What autoscalers say is little: of several namespaces all of it is read. */
function eventsOf({ reader, namespaces }: Scope) {
  return { reader, namespace: namespaces?.length === 1 ? namespaces[0] : undefined };
}

/** An ended pod may have been replaced, which its workload and the other ended pods tell. */
function isEnded({ status, metadata }: Pod): boolean {
  return status?.phase === 'Failed' && items(metadata.ownerReferences).length > 0;
}

/** What autoscalers say of pods for which they bring a node: no warnings, so no list of warnings has them. */
export async function scaleUps(
  { reader, namespace }: { readonly reader: ClusterReader; readonly namespace: string | undefined },
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const said = async (reason: string): Promise<readonly KubeObject[]> => {
    const options = { ...(namespace === undefined ? {} : { namespace }), fieldSelector: `reason=${reason}` };
    try {
      return (await reader.list('v1', 'Event', options, signal)).items;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ReadError) return [];
      throw error;
    }
  };
  const up = (await Promise.all(scaleUpReasons.map(said))).flat();
  return up.length === 0 ? [] : [...up, ...(await said(noScaleUpReason))];
}

function worstOf(findings: readonly Finding[]): Problem {
  const [worst] = findings.toSorted((a, b) => compareSeverity(b.severity, a.severity)) as [Finding, ...Finding[]];
  return {
    type: worst.type,
    severity: worst.severity,
    message: worst.context,
    ...(worst.container === '' ? {} : { container: worst.container }),
    ...(worst.since === null ? {} : { since: isoTime(worst.since) }),
    ...(findings.length === 1 ? {} : { others: findings.length - 1 }),
  };
}
