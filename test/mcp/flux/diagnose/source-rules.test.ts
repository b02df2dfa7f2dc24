import { expect, test } from 'vitest';
import type { FluxObject } from '../../../../src/mcp/flux/objects/flux-object.ts';
import type { FluxKind } from '../../../../src/mcp/flux/objects/kinds.ts';
import { ruleFor } from '../../../../src/mcp/flux/diagnose/failure-rule.ts';
import { sourceRules } from '../../../../src/mcp/flux/diagnose/source-rules.ts';
import { fluxObject } from '../../../support/flux-chain.ts';

const specs: Partial<Record<FluxKind, Record<string, unknown>>> = {
  GitRepository: { url: 'https://git.example.com/a', ref: { branch: 'mian' } },
  OCIRepository: { url: 'oci://registry.example.com/a', ref: { tag: 'v9' } },
  HelmRepository: { url: 'https://charts.example.com' },
  HelmChart: { chart: 'web', version: '9.x' },
  Bucket: { endpoint: 'minio.example.com', bucketName: 'apps' },
};

test.each<[kind: FluxKind, reason: string, message: string, mechanism: string, value: string | undefined]>([
  [
    'GitRepository',
    'AuthenticationFailed',
    `failed to get secret 'flux-system/git': secrets "git" not found`,
    'source_authentication',
    'git',
  ],
  [
    'GitRepository',
    'GitOperationFailed',
    "failed to checkout and determine revision: unable to clone 'https://git.example.com/a': authentication required",
    'source_authentication',
    'https://git.example.com/a',
  ],
  [
    'GitRepository',
    'GitOperationFailed',
    "unable to list remote for 'ssh://git@x/a': ssh: handshake failed: knownhosts: key mismatch",
    'source_authentication',
    'https://git.example.com/a',
  ],
  [
    'GitRepository',
    'GitOperationFailed',
    `failed to checkout and determine revision: unable to clone: couldn't find remote ref "refs/heads/mian"`,
    'source_revision_missing',
    'branch=mian',
  ],
  [
    'GitRepository',
    'GitOperationFailed',
    "unable to clone 'https://git.example.com/a': repository not found",
    'source_not_found',
    'https://git.example.com/a',
  ],
  [
    'GitRepository',
    'GitOperationFailed',
    'unable to list remote: dial tcp: lookup git.example.com on 10.96.0.10:53: no such host',
    'source_unreachable',
    'https://git.example.com/a',
  ],
  [
    'GitRepository',
    'GitOperationFailed',
    'unable to clone: context deadline exceeded',
    'source_unreachable',
    'https://git.example.com/a',
  ],
  [
    'GitRepository',
    'VerificationError',
    "signature verification of commit 'abc' failed: no keyring",
    'source_unverified',
    undefined,
  ],
  [
    'GitRepository',
    'URLInvalid',
    'parse ":x": missing protocol scheme',
    'source_not_found',
    'https://git.example.com/a',
  ],
  ['GitRepository', 'StorageOperationFailed', 'no space left on device', 'source_failed', undefined],
  [
    'OCIRepository',
    'OCIArtifactPullFailed',
    'failed to determine artifact digest: GET https://registry.example.com/v2/a/manifests/v9: MANIFEST_UNKNOWN: manifest unknown',
    'source_revision_missing',
    'tag=v9',
  ],
  [
    'OCIRepository',
    'OCIArtifactPullFailed',
    'failed to pull artifact: GET https://registry.example.com/v2/: UNAUTHORIZED: authentication required',
    'source_authentication',
    'oci://registry.example.com/a',
  ],
  [
    'HelmRepository',
    'Failed',
    'failed to fetch https://charts.example.com/index.yaml : 404 Not Found',
    'source_not_found',
    'https://charts.example.com',
  ],
  [
    'HelmRepository',
    'IndexationFailed',
    'failed to fetch https://charts.example.com/index.yaml : 503 Service Unavailable',
    'source_unreachable',
    'https://charts.example.com',
  ],
  [
    'HelmChart',
    'InvalidChartReference',
    "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '9.x' found",
    'chart_missing',
    'chart=web version=9.x',
  ],
  ['Bucket', 'BucketOperationFailed', "bucket 'apps' not found", 'source_not_found', 'minio.example.com/apps'],
  [
    'Bucket',
    'BucketOperationFailed',
    "fetch from bucket 'apps' failed: Access Denied.",
    'source_authentication',
    'minio.example.com/apps',
  ],
])('%s %s: %s', (kind, reason, message, mechanism, value) => {
  const object = fluxObject(kind, 'x', { spec: specs[kind] ?? {}, fails: [reason, message] }) as FluxObject;
  const found = ruleFor(`${reason}: ${message}`, sourceRules);
  expect(found?.rule.mechanism).toBe(mechanism);
  const fact = { object, found: found?.found ?? [] };
  expect(found?.rule.value?.(fact)).toBe(value);
  expect(found?.rule.says(fact)).not.toMatch(/undefined/);
});
