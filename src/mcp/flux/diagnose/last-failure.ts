import { ReadError } from '../../../kube/cluster-reader.ts';
import { lastSeenOf } from '../../../kube/detect/event-time.ts';
import { conditionOf, items, type KubeEvent, timeOf } from '../../../kube/objects.ts';
import type { ToolCall } from '../../tool.ts';
import { type FluxObject, refOf, refText, textOf, wordsOf } from '../objects/flux-object.ts';
import type { FluxCall } from '../objects/flux-reader.ts';
import { type ApplierKind, applierKinds, isApplier } from '../objects/kinds.ts';
import { stateOf } from '../objects/state.ts';

/** How the attempts before have ended, `REASON: MESSAGE`, by `Kind/namespace/name`. */
export interface LastFailures {
  readonly said: ReadonlyMap<string, string>;
  readonly lack: readonly string[];
}

/**
 * Whether an object that is under way has failed the time before: while it is tried again, for as long as its health
 * check takes, its conditions do not say so.
 */
export function isTriedAgain(object: FluxObject): boolean {
  if (!isApplier(object.kind) || stateOf(object) !== 'progressing') return false;
  if (object.kind === 'HelmRelease') return typeof object.status?.failures === 'number' && object.status.failures > 0;
  return !['', 'ReconciliationSucceeded'].includes(lastStatusOf(object));
}

/** How the newest attempt of a Kustomization has ended; empty when there was none. */
function lastStatusOf({ status }: FluxObject): string {
  const byTime = items(status?.history).toSorted(
    (a, b) => (timeOf(b.lastReconciled) ?? 0) - (timeOf(a.lastReconciled) ?? 0),
  );
  return textOf(byTime[0]?.lastReconciledStatus) ?? '';
}

/** The words of the last failure of what is tried again: of a condition that is kept, or of the newest Warning event. */
export async function readLastFailures(
  objects: readonly FluxObject[],
  opened: FluxCall,
  call: ToolCall,
): Promise<LastFailures> {
  const again = objects.filter(isTriedAgain);
  const kinds = applierKinds.filter((kind) => again.some((object) => object.kind === kind));
  const reads = await Promise.all(kinds.map((kind) => readWarnings(kind, opened, call)));
  const said = new Map(reads.flatMap(({ said }) => [...said]));
  const kept = again.map((object) => [
    refOf(object),
    keptWords(object) || said.get(refOf(object)) || lastStatusOf(object),
  ]);
  return {
    said: new Map(kept.filter(([, words]) => words !== '') as [string, string][]),
    lack: reads.flatMap(({ lack }) => lack),
  };
}

/** A HelmRelease keeps how its release went. */
function keptWords({ status }: FluxObject): string {
  const released = conditionOf(status?.conditions, 'Released');
  return released?.status === 'False' ? wordsOf(released) : '';
}

async function readWarnings(kind: ApplierKind, { cluster }: FluxCall, call: ToolCall): Promise<LastFailures> {
  const fieldSelector = `involvedObject.kind=${kind},type=Warning`;
  try {
    const { items: events } = await cluster.reader.list('v1', 'Event', { fieldSelector }, call.signal);
    return { said: newestWords(kind, events), lack: [] };
  } catch (error) {
    if (error instanceof ReadError && error.failure === 'forbidden')
      return { said: new Map(), lack: [`Event: ${error.message}`] };
    throw error;
  }
}

/** Readers that cannot select by field give all events. */
function newestWords(kind: string, events: readonly KubeEvent[]): Map<string, string> {
  const fitting = events.filter(({ type, involvedObject }) => type === 'Warning' && involvedObject?.kind === kind);
  const oldestFirst = fitting.toSorted((a, b) => (lastSeenOf(a) ?? 0) - (lastSeenOf(b) ?? 0));
  return new Map(
    oldestFirst.map((event) => {
      const { namespace, name } = event.involvedObject ?? {};
      const key = refText({ kind, namespace: textOf(namespace) ?? '', name: textOf(name) ?? '' });
      return [key, wordsOf({ reason: event.reason ?? '', message: event.message ?? '' })];
    }),
  );
}
