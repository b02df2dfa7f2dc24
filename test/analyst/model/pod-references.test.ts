import { describe, expect, test } from 'vitest';
import { podReferences } from '../../../src/analyst/model/pod-references.ts';

type Fields = Record<string, unknown>;

const found = (spec: Fields): string[] =>
  podReferences(spec).map(
    ({ kind, name, key, how, optional, containers }) =>
      `${how} ${kind} ${name}${key === null ? '' : `[${key}]`}${optional ? ' optional' : ''} (${containers.join()})`,
  );
const app = (fields: Fields): Fields => ({ containers: [{ name: 'app', ...fields }] });
const from = (field: string, source: Fields): Fields => app({ env: [{ name: 'A', valueFrom: { [field]: source } }] });
const volume = (source: Fields, mounts: Fields[] = [{ name: 'v', mountPath: '/etc/app' }]): Fields => ({
  ...app({ volumeMounts: mounts }),
  volumes: [{ name: 'v', ...source }],
});

describe('QUA-1: what a pod refers to by name', () => {
  test.each<[string, Fields, string[]]>([
    ['a key of a ConfigMap', from('configMapKeyRef', { name: 'c', key: 'k' }), ['env ConfigMap c[k] (app)']],
    [
      'a key of a Secret, optional',
      from('secretKeyRef', { name: 's', key: 'k', optional: true }),
      ['env Secret s[k] optional (app)'],
    ],
    ['a whole ConfigMap', app({ envFrom: [{ configMapRef: { name: 'c' } }] }), ['envFrom ConfigMap c (app)']],
    [
      'a whole Secret, optional',
      app({ envFrom: [{ secretRef: { name: 's', optional: true } }] }),
      ['envFrom Secret s optional (app)'],
    ],
    ['a volume of a ConfigMap', volume({ configMap: { name: 'c' } }), ['volume ConfigMap c (app)']],
    [
      'items of a Secret',
      volume({ secret: { secretName: 's', items: [{ key: 'a' }, { key: 'b' }] } }),
      ['volume Secret s[a] (app)', 'volume Secret s[b] (app)'],
    ],
    [
      'a projected volume',
      volume({ projected: { sources: [{ configMap: { name: 'c', optional: true } }, { secret: { name: 's' } }] } }),
      ['volume ConfigMap c optional (app)', 'volume Secret s (app)'],
    ],
    [
      'a claim that no container mounts',
      volume({ persistentVolumeClaim: { claimName: 'p' } }, []),
      ['volume PersistentVolumeClaim p ()'],
    ],
    ['a pull secret', { imagePullSecrets: [{ name: 's' }] }, ['imagePullSecret Secret s ()']],
    [
      'an init container',
      { initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 's' } }] }] },
      ['envFrom Secret s (i)'],
    ],
    [
      'not: the certificate of every namespace',
      volume({ projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }] } }),
      [],
    ],
    ['not: a plain value', app({ env: [{ name: 'A', value: 'c' }] }), []],
    ['not: a field of the pod', from('fieldRef', { fieldPath: 'metadata.name' }), []],
    ['not: a reference without a name', from('secretKeyRef', { key: 'k' }), []],
    ['not: an emptyDir', volume({ emptyDir: {} }), []],
  ])('%s', (_title, spec, wanted) => expect(found(spec)).toEqual(wanted));

  test('a spec that was not read has none', () => expect(podReferences(undefined)).toEqual([]));

  test('the paths of a volume', () => {
    const mounts = [
      { name: 'v', mountPath: '/a', subPath: 'x' },
      { name: 'other', mountPath: '/b' },
    ];
    expect(podReferences(volume({ configMap: { name: 'c' } }, mounts))[0]?.paths).toEqual([
      { path: '/a', subPath: 'x' },
    ]);
  });
});
