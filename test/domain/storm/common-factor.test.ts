import { describe, expect, test } from 'vitest';
import { commonality, explains } from '../../../src/domain/storm/common-factor.ts';
import type { SharedSign, Signs } from '../../../src/domain/fault.ts';
import { sharedWords } from '../../../src/domain/storm/storm-words.ts';

const none: Signs = {
  webhook: null,
  node: null,
  image: null,
  dns: null,
  registry: null,
  zone: null,
  namespace: null,
  fault_type: null,
};
const member = (signs: Partial<Signs>, kind = 'Pod', name = 'x') => ({
  signs: { ...none, ...signs },
  resource: { kind, name },
});
const times = (count: number, make: (index: number) => ReturnType<typeof member>) =>
  Array.from({ length: count }, (_, index) => make(index));
const alone = () => false;
const others = () => true;

describe('INT-4: what the members of a storm have in common', () => {
  test('a node, with how many of how many; its own fault among them proves it', () => {
    const pods = times(40, (index) => member({ node: 'n1', namespace: `ns${index}` }));
    const elsewhere = times(6, (index) => member({ node: `n${index + 2}` }));
    const { common } = commonality([...pods, ...elsewhere, member({ node: 'n1' }, 'Node', 'n1')], alone);
    expect(common).toEqual({ sign: 'node', value: 'n1', count: 41, of: 47 });
    expect(sharedWords(common!)).toBe('41 of 47 on node n1');
  });

  test('not the only node, zone or namespace that is known of a cluster: that is so by chance', () => {
    const members = times(40, () => member({ node: 'n1', zone: 'z', namespace: 'shop', fault_type: 'CrashLoop' }));
    expect(commonality(members, alone).common).toBeNull();
    expect(commonality(members, alone).shared.map(({ sign, count }) => `${sign} ${count}`)).toContain('node 40');
    expect(commonality(members, (sign) => sign === 'namespace').common).toMatchObject({ sign: 'namespace' });
    expect(commonality(members, others).common).toMatchObject({ sign: 'node' });
  });

  test('what an error names tells by itself: image before registry when as many share it', () => {
    const same = times(31, () => member({ image: 'r.example/app:bad', registry: 'r.example' }));
    expect(commonality(same, alone).common).toMatchObject({ sign: 'image', count: 31, of: 31 });
    const many = times(31, (index) => member({ image: `r.example/app${index % 10}:1`, registry: 'r.example' }));
    expect(commonality(many, alone).common).toMatchObject({ sign: 'registry', value: 'r.example' });
    const webhook = times(31, (index) => member({ webhook: 'w.example', namespace: `n${index}` }));
    expect(commonality(webhook, alone).common).toMatchObject({ sign: 'webhook', value: 'w.example' });
    const dns = times(31, (index) => member({ dns: 'db.shop', image: index < 5 ? 'a:1' : null }));
    expect(commonality(dns, alone).common).toMatchObject({ sign: 'dns', value: 'db.shop' });
  });

  test('nothing when less than half share it, or no more than two', () => {
    const members = times(40, (index) => member({ node: `n${index % 3}`, namespace: `ns${index % 5}` }));
    expect(commonality(members, others)).toEqual({ common: null, shared: [] });
    expect(
      commonality(
        times(2, () => member({ image: 'a:1' })),
        others,
      ).common,
    ).toBeNull();
  });

  test('the type of the faults is a look: it is named when nothing else is, and explains nothing', () => {
    const members = times(40, (index) => member({ fault_type: index < 38 ? 'CrashLoop' : 'ImagePull' }));
    const { common } = commonality(members, alone);
    expect(common).toMatchObject({ sign: 'fault_type', value: 'CrashLoop', count: 38, of: 40 });
    expect(explains(common, members[0]!.signs)).toBe(false);
  });
});

describe('INT-4: after a storm', () => {
  const cause = (sign: SharedSign['sign'], value: string): SharedSign => ({ sign, value, count: 40, of: 41 });

  test('what shares its cause is explained; what shares only its place is not', () => {
    const there = { ...none, node: 'n1', namespace: 'shop' };
    expect(explains(cause('node', 'n1'), there)).toBe(true);
    expect(explains(cause('namespace', 'shop'), there)).toBe(false);
    expect(explains(cause('zone', 'a'), { ...there, zone: 'a' })).toBe(false);
    expect(explains(cause('node', 'n2'), there)).toBe(false);
    expect(explains(null, there)).toBe(false);
  });
});
