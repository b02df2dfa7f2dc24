import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { helmRelease } from '../../../../src/mcp/kubernetes/helm/helm-release.ts';
import { object } from '../../../support/kube-objects.ts';

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');
const secret = (release: unknown) => object('Secret', 's', { data: { release } });
const json = JSON.stringify({
  name: 'cart',
  version: 3,
  info: { status: 'deployed', last_deployed: '2026-11-20T11:00:00Z' },
  chart: { metadata: { name: 'cart', version: '1.2.3' } },
  config: { size: 2 },
});
const expected = {
  name: 'cart',
  namespace: 'shop',
  revision: 3,
  status: 'deployed',
  updated: '2026-11-20T11:00:00Z',
  description: null,
  chart: { name: 'cart', version: '1.2.3', appVersion: null },
  values: { size: 2 },
};

test.each([
  ['packed', gzipSync(json)],
  ['as the first of Helm 3 kept it', json],
])('a release: %s', (_, inner) => {
  expect(helmRelease(secret(base64(base64(inner))))).toEqual(expected);
});

test('one of which little is known', () => {
  const release = base64(base64('{"name": "x", "version": 1, "config": null, "chart": null}'));
  expect(helmRelease(secret(release))).toMatchObject({ status: 'unknown', values: {}, chart: { name: '' } });
});

test.each([
  ['no release', undefined],
  ['no base64', '%%%'],
  ['no JSON', base64(base64('{'))],
  ['another form', base64(base64('{"name": 1}'))],
  ['what is packed and broken', base64(base64(gzipSync(json).subarray(0, 40)))],
  ['what unpacks to more than a release can be', base64(base64(gzipSync(Buffer.alloc(40 * 1024 * 1024, 32))))],
])('none: %s', (_, release) => {
  expect(helmRelease(secret(release))).toBeNull();
});
