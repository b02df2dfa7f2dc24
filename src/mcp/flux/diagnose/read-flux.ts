import { type KubeObject, ReadError } from '../../../kube/cluster-reader.ts';
import type { ToolCall } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { readLastFailures } from './last-failure.ts';
import { type FluxObject, refOf } from '../objects/flux-object.ts';
import type { FluxCall, FluxList } from '../objects/flux-reader.ts';
import { applierKinds, type FluxKind, sourceKinds } from '../objects/kinds.ts';

/** Flux of a cluster, as far as it could be read. */
export interface FluxView {
  /** By `Kind/namespace/name`. */
  readonly objects: ReadonlyMap<string, FluxObject>;
  /** Kinds of which everything is known: what is not among the objects is not there. */
  readonly whole: ReadonlySet<string>;
  /** The Deployments of Flux itself. */
  readonly controllers: readonly KubeObject[];
  /** What was said of the attempt before, of what is tried again: `REASON: MESSAGE`. */
  readonly lastFailures: ReadonlyMap<string, string>;
  readonly checked: readonly string[];
  readonly notChecked: readonly string[];
}

interface KindRead {
  readonly kind: FluxKind;
  /** Null when the cluster has no such kind. */
  readonly list: FluxList | null;
  /** Why it is not everything. */
  readonly lack: string | null;
}

/** Label of everything that Flux's own manifests install. */
const fluxLabel = 'app.kubernetes.io/part-of=flux';

/**
 * All of Flux in a cluster. What a credential may not read in all namespaces is read in `namespace`.
 * @throws ReadError, ToolError `not_installed`
 */
export async function readFlux(namespace: string | undefined, opened: FluxCall, call: ToolCall): Promise<FluxView> {
  const kinds: readonly FluxKind[] = [...applierKinds, ...sourceKinds];
  let done = 0;
  const step = <T>(what: string, read: Promise<T>): Promise<T> =>
    read.finally(() => call.progress(`read ${what}`, (done += 1), kinds.length + 1));
  const [controllers, ...reads] = await Promise.all([
    step('controllers', readControllers(opened, call)),
    ...kinds.map((kind) => step(kind, readKind(kind, namespace, opened))),
  ]);
  const appliers = reads.filter(({ kind }) => applierKinds.some((applier) => applier === kind));
  if (appliers.every(({ list }) => list === null)) await refused(appliers, opened);
  const objects = reads.flatMap(({ list }) => list?.items ?? []);
  const lastFailures = await readLastFailures(objects, opened, call);
  return {
    objects: new Map(objects.map((object) => [refOf(object), object])),
    whole: new Set(reads.filter(({ list, lack }) => list !== null && lack === null).map(({ kind }) => kind)),
    controllers: controllers.found,
    lastFailures: lastFailures.said,
    checked: [...reads.flatMap(checkedOf), ...controllers.checked],
    notChecked: [
      ...reads.flatMap(({ kind, lack }) => (lack === null ? [] : [`${kind}: ${lack}`])),
      ...controllers.lack,
      ...lastFailures.lack,
    ],
  };
}

function checkedOf({ kind, list, lack }: KindRead): string[] {
  if (list === null) return lack === null ? [`${kind}: not installed`] : [];
  return [`${kind}: ${list.items.length}`];
}

/** Nothing that applies something could be read: there is no Flux, or it may not be read. */
async function refused(appliers: readonly KindRead[], { flux }: FluxCall): Promise<void> {
  const lacking = appliers.find(({ lack }) => lack !== null) ?? appliers[0];
  // Asked again for its own error.
  if (lacking !== undefined) await flux.list(lacking.kind, { limit: 1 });
  throw new ToolError(
    'not_installed',
    'nothing of Flux could be read',
    'See health_check for how the cluster is reached.',
  );
}

async function readKind(kind: FluxKind, namespace: string | undefined, { flux }: FluxCall): Promise<KindRead> {
  try {
    const list = await flux.listIfServed(kind);
    return { kind, list, lack: list?.truncated ? `only the first ${list.items.length} were given` : null };
  } catch (error) {
    if (!(error instanceof ReadError) || error.failure !== 'forbidden') throw error;
    if (namespace === undefined) return { kind, list: null, lack: error.message };
    return await readThere(kind, namespace, flux, error);
  }
}

async function readThere(
  kind: FluxKind,
  namespace: string,
  flux: FluxCall['flux'],
  refusal: ReadError,
): Promise<KindRead> {
  try {
    const list = await flux.listIfServed(kind, { namespace });
    return { kind, list, lack: `only those of ${namespace}: ${refusal.message}` };
  } catch (error) {
    if (error instanceof ReadError && error.failure === 'forbidden') return { kind, list: null, lack: error.message };
    throw error;
  }
}

interface Controllers {
  readonly found: readonly KubeObject[];
  readonly checked: readonly string[];
  readonly lack: readonly string[];
}

async function readControllers({ cluster }: FluxCall, call: ToolCall): Promise<Controllers> {
  try {
    const options = { labelSelector: fluxLabel };
    const { items } = await cluster.reader.list('apps/v1', 'Deployment', options, call.signal);
    if (items.length > 0) return { found: items, checked: [`controllers: ${items.length}`], lack: [] };
    return { found: [], checked: [], lack: [`controllers: no Deployment is labelled ${fluxLabel}`] };
  } catch (error) {
    if (!(error instanceof ReadError) || !['forbidden', 'unsupported'].includes(error.failure)) throw error;
    return { found: [], checked: [], lack: [`controllers: ${error.message}`] };
  }
}
