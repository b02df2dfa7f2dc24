import { describe, expect, test } from 'vitest';
import { kinds } from '../../../src/kube/kinds.ts';
import { discoveryDocument } from '../../../src/sim/api/kube-discovery.ts';

const document = (path: string) => discoveryDocument(path, kinds) as Record<string, never> | null;

function namesAt(path: string): string[] {
  const { resources } = discoveryDocument(path, kinds) as { resources: { name: string }[] };
  return resources.map(({ name }) => name);
}

describe('discovery names what the API has, group by group', () => {
  test('the core group has its kinds and the logs of pods', () => {
    const names = namesAt('/api/v1');
    expect(names).toEqual(expect.arrayContaining(['pods', 'nodes', 'secrets', 'pods/log']));
    expect(names).not.toContain('deployments');
  });

  test('every kind of the table is found in its own group, with its short names', () => {
    for (const { apiVersion, plural, kind, namespaced, shortNames } of kinds) {
      const path = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
      const { resources } = discoveryDocument(path, kinds) as { resources: Record<string, unknown>[] };
      const entry = resources.find(({ name }) => name === plural);
      expect(entry).toMatchObject({ kind, namespaced, ...(shortNames.length > 0 && { shortNames }) });
    }
  });

  test('/apis lists each group once, with the versions that it has', () => {
    const { groups } = document('/apis') as unknown as { groups: { name: string; versions: object[] }[] };
    const names = groups.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['apps', 'batch', 'networking.k8s.io', 'authorization.k8s.io']));
    expect(groups.every(({ versions }) => versions.length > 0)).toBe(true);
  });

  test('a group by its name, and one that is not there', () => {
    expect(document('/apis/apps')).toMatchObject({ kind: 'APIGroup', name: 'apps' });
    expect(document('/apis/absent.example')).toBeNull();
    expect(document('/apis/absent.example/v1')).toBeNull();
    expect(document('/openapi/v2')).toBeNull();
  });

  test('a custom kind is in a group of its own', () => {
    const widget = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      plural: 'widgets',
      namespaced: true,
      shortNames: [],
    };
    expect(discoveryDocument('/apis/example.com/v1', [...kinds, widget])).toMatchObject({
      resources: [{ name: 'widgets', kind: 'Widget' }],
    });
  });

  test('reviews of access can be created, nothing else of that group', () => {
    expect(namesAt('/apis/authorization.k8s.io/v1')).toEqual(['selfsubjectaccessreviews']);
  });

  test('the version is that of the API that the recordings come from', () => {
    expect(document('/version')).toMatchObject({ major: '1', minor: '34' });
  });
});
