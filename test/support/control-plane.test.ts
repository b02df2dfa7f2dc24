import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startControlPlane } from './control-plane.ts';
import { cannotRun } from './kube-assets.ts';

describe.skipIf(cannotRun('control planes for tests'))('control plane', () => {
  test('two run side by side, each answers kubectl, and nothing is left behind', async () => {
    const [a, b] = await Promise.all([startControlPlane(), startControlPlane()]);
    try {
      await a.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'only-a' } });
      expect(await a.kubectl(['get', 'namespaces', '-o', 'name'])).toContain('namespace/only-a');
      expect(await b.kubectl(['get', 'namespaces', '-o', 'name'])).not.toContain('only-a');
    } finally {
      await Promise.all([a.stop(), b.stop()]);
    }
    expect(existsSync(a.dir)).toBe(false);
    await expect(fetch(a.server)).rejects.toThrow('fetch failed');
  });
});
