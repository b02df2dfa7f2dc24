import { expect, test } from 'vitest';
import { type DiscoverySource, discoverySourceSchema, sourceKey } from '../../src/discovery/config.ts';
import { KnownSources } from '../../src/discovery/known-sources.ts';

const source = (more: object): DiscoverySource =>
  discoverySourceSchema.parse({ kubeconfig: 'management.yaml', ...more });

/** The sources, with one cluster of each. */
function known(...sources: DiscoverySource[]): KnownSources {
  const all = new KnownSources();
  for (const [index, one] of sources.entries()) {
    const name = `c${index}`;
    const cluster = { source: sourceKey(one), name, namespace: 'default', secret: name, labels: {}, kubeconfig: name };
    all.of(sourceKey(one)).clusters.set(`default/${name}`, cluster);
  }
  return all;
}
const names = (all: KnownSources, one: DiscoverySource): string[] =>
  [...(all.get(sourceKey(one))?.clusters.values() ?? [])].map(({ name }) => name);

const [prod, lab] = [source({ namespace: 'prod' }), source({ namespace: 'lab' })];

test.each([
  ['selector', { namespace: 'lab', selector: 'a=b' }],
  ['context', { namespace: 'lab', context: 'other' }],
  ['format', { namespace: 'lab', format: 'argocd' }],
])('CFG-8: a source with another %s has the clusters of the one that it was, and no others', (_what, more) => {
  const all = known(prod, lab);
  const next = source(more);
  all.inherit([prod, next]);
  expect([names(all, prod), names(all, next)]).toEqual([['c0'], ['c1']]);
  // It may not be taken over.
  expect(names(all, lab)).toEqual(['c1']);
  expect(all.forgetOthers([prod, next])).toBe(true);
  expect(all.get(sourceKey(lab))).toBeNull();
  expect(all.forgetOthers([prod, next])).toBe(false);
});

test('CFG-8: of several new sources each has what is most like it, and what never held leaves nothing', () => {
  const all = known(prod, lab);
  const [prodB, labB] = [source({ namespace: 'prod', selector: 'b' }), source({ namespace: 'lab', selector: 'b' })];
  all.inherit([labB, prodB]);
  expect([names(all, prodB), names(all, labB)]).toEqual([['c0'], ['c1']]);
  const third = source({ namespace: 'third' });
  all.inherit([prod, lab, third]);
  expect(names(all, third)).toEqual([]);
  const elsewhere = source({ kubeconfig: 'another.yaml', namespace: 'lab' });
  all.inherit([elsewhere]);
  expect(names(all, elsewhere)).toEqual([]);
  // One that holds and was not asked yet leaves what it has.
  all.forgetOthers([prodB]);
  const prodC = source({ namespace: 'prod', selector: 'c' });
  all.inherit([prodC]);
  expect(names(all, prodC)).toEqual(['c0']);
});

test('CFG-8: a source that has given a list of its own inherits no more', () => {
  const all = known(lab);
  const next = source({ namespace: 'lab', selector: 'b' });
  all.inherit([next]);
  const { clusters } = all.get(sourceKey(next))!;
  clusters.clear();
  all.inherit([next]);
  expect(names(all, next)).toEqual(['c0']);
  clusters.clear();
  all.get(sourceKey(next))!.hasAnswered = true;
  all.inherit([next]);
  expect(names(all, next)).toEqual([]);
});
