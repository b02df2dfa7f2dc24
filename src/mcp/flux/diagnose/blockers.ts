import { conditionOf, items } from '../../../kube/objects.ts';
import { dependenciesOf, type FluxObject, referred, refOf, refText, sourceOf } from '../objects/flux-object.ts';
import { fluxKinds, isApplier, isSource } from '../objects/kinds.ts';
import { isObserved, stateOf } from '../objects/state.ts';
import { entriesOf } from '../tree/inventory.ts';
import type { FluxView } from './read-flux.ts';

/** What keeps an object from being ready is not itself: its `Kind/namespace/name`, which need not be there. */
export function blockersOf(object: FluxObject, view: FluxView): string[] {
  if (object.metadata.deletionTimestamp || object.spec?.suspend === true) return [];
  const found = isApplier(object.kind) ? applierBlockers(object, view) : sourceBlockers(object, view);
  return [...new Set(found)];
}

/** Whether others can go on with an object as it is: one that is ready, and was before it was suspended. */
export function isUsable(object: FluxObject): boolean {
  if (isApplier(object.kind)) return readyStatus(object) === 'True' && isObserved(object);
  // Nobody fetches a Helm repository of type oci: it has no status.
  if (object.kind === 'HelmRepository' && object.spec?.type === 'oci') return true;
  return readyStatus(object) !== 'False' && (object.status?.artifact ?? null) !== null;
}

/** Whether there is an artifact that can be applied, be it an old one. */
export function hasArtifact({ status }: FluxObject): boolean {
  return (status?.artifact ?? null) !== null;
}

/** Reasons with which an object says that its source is not there yet. */
const sourceReasons = new Set(['ArtifactFailed', 'SourceNotReady']);

function applierBlockers(object: FluxObject, view: FluxView): string[] {
  const ready = conditionOf(object.status?.conditions, 'Ready');
  const message = ready?.message ?? '';
  if (stateOf(object) === 'blocked') {
    const waited = dependenciesOf(object).map(refText);
    const named = namedDependency(message, object);
    // The message names the first one that was not as it has to be: it may be ready and still too old.
    return waited.filter((key) => key === named || isInTheWay(key, view, isUsable));
  }
  if (sourceReasons.has(ready?.reason ?? '')) {
    // With an artifact a Kustomization goes on; a HelmRelease wants its chart to be ready.
    const enough = object.kind === 'HelmRelease' ? isUsable : hasArtifact;
    return sourcesOf(object, view).filter((key) => isInTheWay(key, view, enough));
  }
  if (ready?.reason !== 'HealthCheckFailed' && stateOf(object) !== 'progressing') return [];
  const checked = [...namedObjects(message), ...healthChecked(object)];
  return checked.filter((key) => view.objects.has(key) && isInTheWay(key, view, isUsable));
}

/** The objects of Flux that a Kustomization has applied, or names, and waits for until they are ready. */
function healthChecked(object: FluxObject): string[] {
  const { spec, metadata } = object;
  const applied = spec?.wait === true ? entriesOf(object, 1) : [];
  const named = items(spec?.healthChecks).flatMap((one) => referred(one, metadata.namespace) ?? []);
  return [...applied, ...named].map(refText).filter((key) => key !== refOf(object));
}

function sourceBlockers(object: FluxObject, view: FluxView): string[] {
  if (isUsable(object)) return [];
  const included = items(object.spec?.include).flatMap(({ repository }) => {
    const name = repository?.name;
    const namespace = object.metadata.namespace ?? '';
    return typeof name === 'string' ? [refText({ kind: object.kind, namespace, name })] : [];
  });
  const source = sourceOf(object);
  const madeFrom = source !== null && isSource(source.kind) ? [refText(source)] : [];
  return [...madeFrom, ...included].filter((key) => isInTheWay(key, view, isUsable));
}

/** The source of an applier: of a HelmRelease the chart that it has made, when that is there. */
export function sourcesOf(object: FluxObject, view: FluxView): string[] {
  const chart = object.status?.helmChart;
  const made = typeof chart === 'string' ? `HelmChart/${chart}` : '';
  if (object.kind === 'HelmRelease' && view.objects.has(made)) return [made];
  const source = sourceOf(object);
  return source === null ? [] : [refText(source)];
}

/** Not there, or not as it has to be; what could not be read is not in the way of anything that we could name. */
function isInTheWay(key: string, view: FluxView, isEnough: (object: FluxObject) => boolean): boolean {
  const object = view.objects.get(key);
  return object === undefined ? view.whole.has(key.split('/')[0] ?? '') : !isEnough(object);
}

/** `dependency 'NAMESPACE/NAME' …` (kustomize-controller), `unable to get 'NAMESPACE/NAME' dependency` (helm-controller). */
function namedDependency(message: string, { kind }: FluxObject): string | null {
  const [, first, second] = /dependency '([^']+)'|'([^']+)' dependency/.exec(message) ?? [];
  const name = first ?? second;
  return name === undefined ? null : `${kind}/${name}`;
}

/** `Kind/namespace/name status: '…'`, for each object that a health check has waited for. */
function namedObjects(message: string): string[] {
  const named = [...message.matchAll(/\b([A-Za-z]+\/[a-z0-9.-]+\/[a-z0-9.-]+) status: '/g)].map(([, key = '']) => key);
  return named.filter((key) => Object.hasOwn(fluxKinds, key.split('/')[0] ?? ''));
}

function readyStatus({ status }: FluxObject): string {
  return conditionOf(status?.conditions, 'Ready')?.status ?? '';
}
