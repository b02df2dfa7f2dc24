import { expect, test } from 'vitest';
import {
  type CatalogueProfile,
  matchProfiles,
  type Workload,
} from '../../../../src/mcp/palette/rules/profile-match.ts';
import { callTool } from '../../../support/call-tool.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

const profile = (name: string, packs: readonly string[], more: Partial<CatalogueProfile> = {}): CatalogueProfile => ({
  uid: `uid-${name}`,
  name,
  type: 'cluster',
  cloud: 'aws',
  labels: {},
  description: '',
  packs: packs.map((pack) => ({ name: pack, words: pack })),
  published: true,
  clusters: 0,
  deprecatedPacks: 0,
  ...more,
});
const catalogue = [
  profile('plain', ['ubuntu', 'kubernetes', 'csi-aws-ebs']),
  profile('web', ['ubuntu', 'kubernetes', 'csi-aws-ebs', 'nginx', 'prometheus-operator'], {
    labels: { env: 'production' },
  }),
  profile('gpu', ['ubuntu', 'kubernetes', 'nvidia-gpu-operator'], { cloud: 'gcp' }),
  profile('observability', ['prometheus-operator'], { cloud: 'all', type: 'add-on' }),
];
const workload = (text: string, more: Partial<Workload> = {}): Workload => ({
  text,
  cloud: null,
  gpu: null,
  ha: null,
  ...more,
});
const order = (text: string, more: Partial<Workload> = {}, all = catalogue): string[] =>
  matchProfiles(all, workload(text, more)).map(({ profile: { name } }) => name);

test('needs decide, and each is explained; what a profile lacks is said (PAL-6)', () => {
  const [best, ...others] = matchProfiles(
    catalogue,
    workload('A public web shop with metrics and a postgres database', { cloud: 'aws' }),
  );
  expect(best).toMatchObject({ profile: { name: 'web' }, missing: [] });
  expect(best?.reasons).toEqual([
    'made for aws',
    'brings ingress (nginx)',
    'brings monitoring (prometheus-operator)',
    'brings persistent storage (csi-aws-ebs)',
    'its name, labels or packs say web',
    'a whole stack: operating system, Kubernetes, network, storage',
  ]);
  expect(others.map(({ profile: { name }, missing }) => [name, missing])).toEqual([
    ['plain', ['ingress', 'monitoring']],
    ['observability', ['ingress', 'persistent storage']],
  ]);
});

test('a profile for another cloud is none (PAL-6)', () => {
  expect(order('anything', { cloud: 'GCP' })).toEqual(['gpu', 'observability']);
  expect(order('anything', { cloud: 'vsphere' })).toEqual(['observability']);
});

test('GPUs and high availability: an argument goes before the words (PAL-6)', () => {
  expect(order('train a model with pytorch')[0]).toBe('gpu');
  expect(order('render pictures', { gpu: true })[0]).toBe('gpu');
  const refused = matchProfiles(catalogue, workload('no gpus at all', { gpu: false }));
  expect(refused.flatMap(({ missing }) => missing)).toEqual([]);
  expect(order('a queue', { ha: true })[0]).toBe('web');
});

test('the order does not depend on that of the catalogue, scores stay (PAL-6)', () => {
  const text = 'web with metrics';
  const once = matchProfiles(catalogue, workload(text));
  for (const shuffled of [catalogue.toReversed(), [...catalogue.slice(2), ...catalogue.slice(0, 2)]]) {
    expect(matchProfiles(shuffled, workload(text))).toEqual(once);
  }
  const twins = [profile('b', ['x']), profile('a', ['x'])];
  expect(order('unrelated', {}, twins)).toEqual(['a', 'b']);
  for (const { score } of once) expect(score).toBeGreaterThanOrEqual(0);
  expect(Math.max(...once.map(({ score }) => score))).toBeLessThanOrEqual(100);
});

test('drafts and deprecated packs count against a profile (PAL-6)', () => {
  const all = [
    profile('old', ['nginx'], { deprecatedPacks: 2 }),
    profile('draft', ['nginx'], { published: false }),
    profile('used', ['nginx'], { clusters: 3 }),
  ];
  expect(order('web', {}, all)).toEqual(['used', 'old', 'draft']);
  expect(matchProfiles(all, workload('web'))[1]?.reasons).toContain('2 of its packs are deprecated');
});

test('the tool recommends from the catalogue of Palette (PAL-6)', async () => {
  const { tools } = paletteTools(null);
  const args = { workload: 'Train large language models on GPUs', cloud: 'gcp', limit: 1 };
  const result = await callTool(tools, 'recommend_profile', args);
  expect(result).toMatchObject({
    considered: 5,
    truncated: false,
    recommendations: [{ profile_name: 'gcp-gpu-training', version: '1.0.2', missing: [] }],
  });
  expect(await callTool(tools, 'recommend_profile', args)).toEqual(result);
  await expect(callTool(tools, 'recommend_profile', { workload: 'ü'.repeat(1500) })).rejects.toMatchObject({
    code: 'invalid_argument',
  });
  await expect(callTool(tools, 'recommend_profile', { workload: '  ' })).rejects.toThrow('workload');
});
