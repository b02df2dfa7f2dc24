import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { parseAge } from '../../src/cluster/sweep/rows.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { parseQuantity } from '../../src/kube/quantity.ts';
import { waitUntil } from './wait-until.ts';

/* What kubectl gives, as far as tests hold it beside what tools say. */

export interface Pod extends KubeObject {
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}
interface ContainerStatus {
  readonly lastState?: { readonly terminated?: { readonly finishedAt: string } };
}
export interface Workload extends KubeObject {
  readonly spec: { readonly paused?: boolean };
}
export interface Slice extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly labels: Readonly<Record<string, string>> };
  readonly endpoints?: readonly { readonly conditions: { readonly ready?: boolean } }[] | null;
}
export interface Quota extends KubeObject {
  readonly status: { readonly hard: Readonly<Record<string, string>>; readonly used: Readonly<Record<string, string>> };
}
export interface Node extends KubeObject {
  readonly spec: { readonly taints?: readonly { key: string; value?: string; effect: string }[] };
  readonly status: {
    readonly conditions?: readonly { type: string; status: string }[];
    readonly capacity?: object;
    readonly allocatable?: object;
  };
}
export interface Event extends KubeObject {
  readonly involvedObject: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly reason: string;
  readonly type: string;
  readonly count?: number | null;
  readonly series?: { readonly count: number };
}
export interface Port {
  readonly port: number;
  readonly protocol: string;
  readonly node_port?: number;
}

export const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
export const isNamed = (name: string | undefined, wanted: string): boolean =>
  wanted.endsWith('-') ? name?.startsWith(wanted) === true : name === wanted;
export const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }): number =>
  (a.name ?? '') < (b.name ?? '') ? -1 : 1;

export function pick(from: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}

/** When the last run of a container ended that was followed by another. */
export function lastEnd(pod: Pod | undefined): string | null {
  const statuses = [...(pod?.status.containerStatuses ?? []), ...(pod?.status.initContainerStatuses ?? [])];
  const ends = statuses.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []);
  return ends.length === 0 ? null : new Date(ends.toSorted().at(-1) ?? '').toISOString();
}

/** A quantity as kubectl prints it, to a thousandth; 0 for what is none. */
export function amountOf(text: string | undefined): number {
  return Math.round((parseQuantity(text) ?? 0) * 1000) / 1000;
}

/** The PORT(S) column. */
export function portsText(ports: readonly Port[]): string {
  const texts = ports.map(
    ({ port, protocol, node_port: node }) => `${port}${node === undefined ? '' : `:${node}`}/${protocol}`,
  );
  return texts.length === 0 ? '<none>' : texts.join(',');
}

/** What `kubectl apply` keeps beside an object only repeats it. */
export function withoutCopy({ metadata, ...object }: KubeObject): object {
  const { annotations = {}, ...rest } = metadata;
  const kept = Object.entries(annotations).filter(
    ([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration',
  );
  return { ...object, metadata: { ...rest, ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }) } };
}

/** Both say the same, ages of the same few seconds; a cluster that changes in between is asked again. */
export async function expectAgreement(ours: () => Promise<unknown>, theirs: () => Promise<unknown>): Promise<void> {
  let said: unknown;
  let shown: unknown;
  await waitUntil(
    async () => {
      [said, shown] = withEqualAges(await ours(), await theirs());
      return isDeepStrictEqual(said, shown);
    },
    'the tool and kubectl agree',
    20_000,
  ).catch(() => {});
  expect(said).toEqual(shown);
}

/** Asked one after the other: an age that is a few seconds more is the same one. */
const maxAgeDifferenceMs = 5000;

function withEqualAges(ours: unknown, theirs: unknown): [unknown, unknown] {
  if (!Array.isArray(ours) || !Array.isArray(theirs)) return [ours, theirs];
  const same = (ours as { age?: string }[]).map((one, at) => {
    const other = (theirs as { age?: string }[])[at]?.age;
    if (one.age === undefined || other === undefined) return one;
    const difference = Math.abs((parseAge(one.age) ?? 0) - (parseAge(other) ?? -1e9));
    return difference <= maxAgeDifferenceMs ? { ...one, age: other } : one;
  });
  return [same, theirs];
}
