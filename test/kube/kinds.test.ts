import { describe, expect, test } from 'vitest';
import { kindFacts, kindNamed, kinds, kindsToRead, knownPlural, workloadKinds } from '../../src/kube/kinds.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { cannotRun } from '../support/kube-assets.ts';

test.for([
  ['Pod', 'Pod'],
  ['POD', 'Pod'],
  ['pods', 'Pod'],
  ['po', 'Pod'],
  ['sts', 'StatefulSet'],
  ['endpointslices', 'EndpointSlice'],
  ['ingresses', 'Ingress'],
  ['NetworkPolicies', 'NetworkPolicy'],
  ['crds', 'CustomResourceDefinition'],
] as const)('the word %s means %s', ([word, kind]) => {
  expect(kindNamed(word)?.kind).toBe(kind);
});

test('what is no kind means none, whatever JavaScript keeps under its name', () => {
  for (const word of ['', 'gadget', 'constructor', '__proto__', 'toString']) {
    expect(kindNamed(word)).toBeNull();
    expect(kindFacts(word)).toBeNull();
  }
});

test('no word means two kinds', () => {
  const words = kinds.flatMap(({ kind, plural, shortNames }) => [
    ...new Set([kind.toLowerCase(), plural, ...shortNames]),
  ]);
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
});

test('a sweep reads nodes and pods first, and what it need not be able to read last', () => {
  expect(kindsToRead.slice(0, 2).map(({ kind }) => kind)).toEqual(['Node', 'Pod']);
  const optional = kindsToRead.findIndex((kind) => kind.optional);
  expect(kindsToRead.slice(optional).every((kind) => kind.optional === true)).toBe(true);
  expect(kindsToRead.map(({ kind }) => kind)).not.toContain('Secret');
});

test('workloads are the kinds that have a pod template', () => {
  expect(workloadKinds.toSorted()).toEqual(
    ['CronJob', 'DaemonSet', 'Deployment', 'Job', 'ReplicaSet', 'ReplicationController', 'StatefulSet'].toSorted(),
  );
});

test('a plural is known for every version of a group, and not for the same kind of another group', () => {
  expect(knownPlural('autoscaling/v2', 'HorizontalPodAutoscaler')).toBe('horizontalpodautoscalers');
  expect(knownPlural('autoscaling/v1', 'HorizontalPodAutoscaler')).toBe('horizontalpodautoscalers');
  expect(knownPlural('serving.knative.dev/v1', 'Service')).toBeNull();
  expect(knownPlural('v1', 'Gadget')).toBeNull();
});

interface Discovered {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
}

describe.skipIf(cannotRun('kinds against an API server'))('against an API server', () => {
  test('the table says what its discovery says', async () => {
    const plane = await startControlPlane();
    try {
      const groups = [...new Set(kinds.map(({ apiVersion }) => apiVersion))];
      const found = await Promise.all(
        groups.map(async (group) => {
          const path = group.includes('/') ? `/apis/${group}` : `/api/${group}`;
          const { resources } = JSON.parse(await plane.kubectl(['get', '--raw', path])) as { resources: Discovered[] };
          return resources.filter(({ name }) => !name.includes('/')).map((one) => ({ ...one, apiVersion: group }));
        }),
      );
      const served = new Map(found.flat().map((one) => [`${one.apiVersion} ${one.kind}`, one]));
      for (const { kind, apiVersion, plural, namespaced, shortNames } of kinds) {
        const real = served.get(`${apiVersion} ${kind}`);
        expect({ kind, plural: real?.name, namespaced: real?.namespaced, shortNames: real?.shortNames ?? [] }).toEqual({
          kind,
          plural,
          namespaced,
          shortNames,
        });
      }
    } finally {
      await plane.stop();
    }
  });
});
