import { expect, test } from 'vitest';
import { draftBody, draftProfileOf } from '../../../../src/mcp/palette/rules/profile-shape.ts';

test.each([
  [
    'as Palette takes it',
    { spec: { template: { type: 'infra', packs: [{ name: 'a' }] } } },
    'spec.template.packs',
    'infra',
  ],
  [
    'as Palette gives it',
    { spec: { published: { type: 'cluster', packs: [{ name: 'a' }] } } },
    'spec.published.packs',
    'cluster',
  ],
  ['a draft', { spec: { draft: { packs: [{ name: 'a' }] } } }, 'spec.draft.packs', undefined],
  ['as it is exported', { type: 'add-on', packs: [{ name: 'a' }] }, 'packs', 'add-on'],
])('%s', (_case, document, path, type) => {
  expect(draftProfileOf(document)).toMatchObject({ path, type, packs: [{ name: 'a', manifests: [] }] });
});

test.each([null, 'text', [], {}, { packs: [] }, { packs: ['a'] }, { packs: {} }, { spec: { packs: [null] } }])(
  '%j is no profile',
  (document) => {
    expect(draftProfileOf(document)).toBeNull();
  },
);

test('what is sent to be checked is what Palette documents, and no more', () => {
  const pack = {
    name: 'a',
    layer: 'addon',
    version: '1.2',
    type: 'helm',
    uid: 'p1',
    registryUid: 'r1',
    values: 'x: 1',
    manifests: [{ name: 'm', content: 'kind: A', uid: 'u' }],
    secret: 'not known',
  };
  const profile = draftProfileOf({
    type: 'add-on',
    cloudType: 'all',
    packs: [pack, { name: 'b', tag: '2.x', version: 7, manifests: 'none' }],
  });
  expect(JSON.parse(JSON.stringify(draftBody(profile!)))).toEqual({
    type: 'add-on',
    cloudType: 'all',
    packs: [
      {
        name: 'a',
        layer: 'addon',
        type: 'helm',
        tag: '1.2',
        uid: 'p1',
        registryUid: 'r1',
        values: 'x: 1',
        manifests: [{ name: 'm', content: 'kind: A' }],
      },
      { name: 'b', tag: '2.x', manifests: [] },
    ],
  });
});
