import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { type Condition, items } from '../../../kube/objects.ts';
import { oneLine } from '../../../lib/text.ts';
import { withoutCredentials } from './without-credentials.ts';

/*
 * The objects of Flux, as the CustomResourceDefinitions of its controllers describe them. They come from servers that we
 * do not control: every field may be missing, null, or of another type (`textOf`).
 */

/** Names an object; the namespace is that of the object that names it unless it says another. */
export interface Reference {
  readonly kind?: unknown;
  readonly name?: unknown;
  readonly namespace?: unknown;
}

export interface FluxSpec {
  readonly suspend?: unknown;
  readonly path?: unknown;
  readonly sourceRef?: Reference | null;
  /** Everything that is applied has to become ready. */
  readonly wait?: unknown;
  readonly healthChecks?: readonly Reference[] | null;
  readonly dependsOn?: readonly (Reference & { readonly readyExpr?: unknown })[] | null;
  readonly serviceAccountName?: unknown;
  /** Applied to another cluster. */
  readonly kubeConfig?: unknown;
  readonly url?: unknown;
  readonly type?: unknown;
  readonly ref?: Readonly<Record<string, unknown>> | null;
  /** Of a HelmRelease a template of a HelmChart, of a HelmChart its name. */
  readonly chart?: unknown;
  readonly chartRef?: Reference | null;
  readonly version?: unknown;
  readonly endpoint?: unknown;
  readonly bucketName?: unknown;
  readonly prefix?: unknown;
  readonly include?: readonly { readonly repository?: Reference | null }[] | null;
}

export interface FluxStatus {
  readonly conditions?: readonly Condition[] | null;
  readonly observedGeneration?: unknown;
  readonly lastAppliedRevision?: unknown;
  readonly lastAttemptedRevision?: unknown;
  readonly artifact?: { readonly revision?: unknown; readonly lastUpdateTime?: unknown } | null;
  readonly inventory?: { readonly entries?: readonly InventoryEntry[] | null } | null;
  /** `NAMESPACE/NAME` of the HelmChart that a HelmRelease has made. */
  readonly helmChart?: unknown;
  readonly history?: readonly HistoryEntry[] | null;
  readonly failures?: unknown;
}

interface InventoryEntry {
  readonly id?: unknown;
  readonly v?: unknown;
}

/** Of a Kustomization how an attempt ended, of a HelmRelease a release of Helm; newest first. */
interface HistoryEntry {
  readonly lastReconciled?: unknown;
  readonly lastReconciledStatus?: unknown;
  readonly version?: unknown;
  readonly chartVersion?: unknown;
  readonly appVersion?: unknown;
  readonly status?: unknown;
}

export interface FluxObject extends KubeObject {
  readonly spec?: FluxSpec | null;
  readonly status?: FluxStatus | null;
}

/** The template of a HelmChart in a HelmRelease. */
export interface ChartTemplate {
  readonly chart?: unknown;
  readonly version?: unknown;
  readonly sourceRef?: Reference | null;
}

/** Longest text of an object that is shown, characters. */
const maxText = 2000;

/** A foreign value that should be a text: on one line, without credentials of URLs; undefined when it is none or empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? oneLine(withoutCredentials(value), maxText) : undefined;
}

/** Which object of Flux it is. */
export interface FluxRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** `Kind/namespace/name`, as Flux itself writes objects in its messages and trees. */
export function refText({ kind, namespace, name }: FluxRef): string {
  return `${kind}/${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** The same of an object. */
export function refOf({ kind, metadata }: KubeObject): string {
  return refText({ kind, namespace: metadata.namespace ?? '', name: metadata.name });
}

/** `REASON: MESSAGE` of a condition. */
export function wordsOf(condition: Pick<Condition, 'reason' | 'message'> | undefined): string {
  return [textOf(condition?.reason), textOf(condition?.message)].filter((one) => one !== undefined).join(': ');
}

/** What an object of Flux waits for by `dependsOn`: objects of its own kind. */
export function dependenciesOf({ kind, metadata, spec }: FluxObject): FluxRef[] {
  const dependencies = items(spec?.dependsOn).map(({ name, namespace }) =>
    referred({ kind, name, namespace }, metadata.namespace),
  );
  return dependencies.filter((dependency) => dependency !== null);
}

/** The template of the chart of a HelmRelease; null when it refers to a chart (`chartRef`). */
export function chartTemplateOf({ spec }: FluxObject): ChartTemplate | null {
  const { spec: template } = (typeof spec?.chart === 'object' && spec.chart !== null ? spec.chart : {}) as {
    spec?: ChartTemplate | null;
  };
  return template ?? null;
}

/** What an object of Flux applies or is made from: its source; null when it has none. */
export function sourceOf(object: FluxObject): FluxRef | null {
  const { spec, metadata } = object;
  if (object.kind !== 'HelmRelease') return referred(spec?.sourceRef, metadata.namespace);
  const template = chartTemplateOf(object);
  return referred(template === null ? spec?.chartRef : template.sourceRef, metadata.namespace);
}

/** The same as text. */
export function sourceText(object: FluxObject): string | undefined {
  const source = sourceOf(object);
  return source === null ? undefined : refText(source);
}

/** What a reference means, from an object of this namespace; null when it names nothing. */
export function referred(reference: Reference | null | undefined, from: string | undefined): FluxRef | null {
  const { kind, name, namespace } = reference ?? {};
  if (!isName(kind) || !isName(name)) return null;
  return { kind, name, namespace: isName(namespace) ? namespace : (from ?? '') };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
