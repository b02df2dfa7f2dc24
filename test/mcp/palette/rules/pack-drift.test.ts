import { expect, test } from 'vitest';
import { driftText, packDrift } from '../../../../src/mcp/palette/rules/pack-drift.ts';

const pack = (name: string, version: string, layer = 'addon') => ({ name, version, layer });

test('drift is what a cluster runs otherwise than its profiles say by now (PAL-6)', () => {
  const runs = [
    { uid: 'p1', name: 'base', packs: [pack('k8s', '1.32', 'k8s'), pack('cni', '3'), pack('old', '1')] },
    { uid: 'p2', name: 'extra', packs: [pack('vault', '1')] },
  ];
  const drift = packDrift(runs, [
    { uid: 'p1', name: 'base', packs: [pack('k8s', '1.33', 'k8s'), pack('cni', '3'), pack('new', '2')] },
    // Another version of a profile has another uid.
    { uid: 'p9', name: 'extra', packs: [pack('vault', '2')] },
    { uid: 'p3', name: 'of another cluster', packs: [pack('x', '1')] },
  ]);
  expect(drift.map(driftText)).toEqual([
    'k8s is 1.32, the profile says 1.33',
    'old 1 is in the cluster and no longer in the profile',
    'new 2 is in the profile and not in the cluster',
    'vault is 1, the profile says 2',
  ]);
  expect(drift[0]).toEqual({ profile: 'base', pack: 'k8s', layer: 'k8s', runs: '1.32', profile_says: '1.33' });
  expect(packDrift(runs, [])).toEqual([]);
});

test('a pack without a version is its tag', () => {
  const [runs, says] = [
    { uid: 'p', packs: [{ name: 'a', tag: '1.x', version: '' }] },
    { uid: 'p', packs: [{ name: 'a', tag: '1.x' }] },
  ];
  expect(packDrift([runs] as never, [says] as never)).toEqual([]);
});
