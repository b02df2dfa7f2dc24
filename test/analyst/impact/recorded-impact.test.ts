import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../eval/evaluate.ts';
import { loadRecordings, type Recording } from '../../../eval/recording.ts';
import { evalSets } from '../../../eval/sets.ts';
import type { Impact } from '../../../src/domain/verdict/impact.ts';
import { impactWords } from '../../../src/domain/verdict/impact-words.ts';

type Fields = Record<string, unknown>;

describe('QUA-4: every number is one of the evidence', () => {
  const all = evalSets.flatMap(({ dir }) => loadRecordings(dir));

  test.each(all.map((recording): [string, Recording] => [recording.truth.id ?? '', recording]))(
    '%s',
    async (_, recording) => {
      const { answer } = await evaluate(recording);
      const { impact } = answer.findings;
      if (impact === null) throw new Error('an answer without an impact');
      const words = impactWords(impact);
      expect(words).toMatch(/^[A-Z\d][^\n]{10,600}\.$/);
      expect(counted(impact)).toEqual(recorded(impact, objectsOf(recording)));
    },
  );
});

/** What an impact says of each workload and Service, and what follows from it. */
function counted(impact: Impact): readonly unknown[] {
  if (impact.of !== 'pods') return [];
  const { workloads, services, ready, pods, serves } = impact;
  const isTrue = serves !== true || ready === pods;
  const isFalse = serves !== false || services.every(({ endpoints }) => endpoints === 0);
  return [
    ...workloads.map((one) => [one.object, one.ready, one.pods]),
    ...services.map(({ object, endpoints }) => [object, endpoints]),
    [ready <= pods, isTrue, isFalse],
  ];
}

/** The same, taken from the recorded objects; what says no number itself is as it was counted. */
function recorded(impact: Impact, objects: readonly Recorded[]): readonly unknown[] {
  if (impact.of !== 'pods') return [];
  return [
    ...impact.workloads.map((one) => [one.object, ...(statusOf(objects, one.object) ?? [one.ready, one.pods])]),
    ...impact.services.map(({ object }) => [object, endpointsOf(objects, object)]),
    [true, true, true],
  ];
}

interface Recorded {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly labels?: Fields };
  readonly spec?: Fields;
  readonly status?: Fields;
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: Fields }[] | null;
}

function objectsOf({ dump }: Recording): readonly Recorded[] {
  return Object.values(dump.cluster).flatMap((list) =>
    list.items.map((item) => ({ ...(item as unknown as Recorded), kind: list.kind.replace(/List$/, '') })),
  );
}

const nameOf = ({ kind, metadata }: Recorded): string => `${kind} ${metadata.namespace}/${metadata.name}`;

/** Ready and wanted as the recorded object says, null for a pod and for what is no workload of Kubernetes' own. */
function statusOf(objects: readonly Recorded[], name: string): readonly [number, number] | null {
  const found = objects.find((one) => nameOf(one) === name);
  if (!found || found.kind === 'Pod') return null;
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  const { spec = {}, status = {} } = found;
  const daemon = found.kind === 'DaemonSet';
  const wanted = daemon
    ? number(status['desiredNumberScheduled'])
    : typeof spec['replicas'] === 'number'
      ? spec['replicas']
      : 1;
  return [Math.min(wanted, number(status[daemon ? 'numberReady' : 'readyReplicas'])), wanted];
}

function endpointsOf(objects: readonly Recorded[], name: string): number {
  const slices = objects.filter(
    ({ kind, metadata }) =>
      kind === 'EndpointSlice' &&
      `Service ${metadata.namespace}/${String(metadata.labels?.['kubernetes.io/service-name'])}` === name,
  );
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.['ready'] !== false)
    .reduce((sum, { addresses }) => sum + addresses.length, 0);
}
