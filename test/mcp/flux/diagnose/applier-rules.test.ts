import { expect, test } from 'vitest';
import type { FluxObject } from '../../../../src/mcp/flux/objects/flux-object.ts';
import { helmRules, kustomizationRules } from '../../../../src/mcp/flux/diagnose/applier-rules.ts';
import { ruleFor } from '../../../../src/mcp/flux/diagnose/failure-rule.ts';
import { fluxObject, kustomization } from '../../../support/flux-chain.ts';

type Row = readonly [said: string, mechanism: string, value: string | undefined];

const applied: readonly Row[] = [
  [`namespaces "shop" not found`, 'namespace_missing', 'shop'],
  [
    `admission webhook "validate.kyverno.svc-fail" denied the request: no latest tag`,
    'admission_denied',
    'validate.kyverno.svc-fail',
  ],
  [`pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged`, 'admission_denied', undefined],
  [
    `Internal error occurred: failed calling webhook "mutate.example.com": no endpoints available`,
    'webhook_unavailable',
    'mutate.example.com',
  ],
  [
    `pods "x" is forbidden: exceeded quota: compute, requested: cpu=2, used: cpu=9, limited: cpu=10`,
    'quota_exceeded',
    'compute',
  ],
  [
    `configmaps "s" is forbidden: User "system:serviceaccount:shop:weak" cannot patch resource "configmaps"`,
    'apply_forbidden',
    'system:serviceaccount:shop:weak',
  ],
  [`no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"`, 'kind_missing', 'ServiceMonitor'],
  [`Deployment.apps "web" is invalid: spec.selector: Invalid value: field is immutable`, 'immutable_field', undefined],
];

test.each<Row>([
  ...applied.map(([message, mechanism, value]): Row => [
    `ReconciliationFailed: X/shop/y dry-run failed: ${message}`,
    mechanism,
    value,
  ]),
  [
    'ArtifactFailed: kustomization path not found: stat /tmp/kustomization-1/app: no such file or directory',
    'path_missing',
    './app',
  ],
  [
    "ArtifactFailed: failed to verify archive: computed digest doesn't match provided 'sha256:0'",
    'artifact_unverified',
    undefined,
  ],
  [
    'ArtifactFailed: failed to download archive: GET http://source-controller/a.tar.gz giving up: connection refused',
    'artifact_unreachable',
    undefined,
  ],
  ['ArtifactFailed: GitRepository.source.toolkit.fluxcd.io "gone" not found', 'source_missing', 'gone'],
  [
    "AccessDenied: can't access 'GitRepository/other/platform', cross-namespace references have been blocked",
    'access_denied',
    undefined,
  ],
  ["BuildFailed: decryption failed for 'secret.yaml': cannot get sops data key", 'decryption_failed', undefined],
  [
    'BuildFailed: kustomize build failed: open /tmp/kustomization-9/app/x.yaml: no such file or directory',
    'build_failed',
    'app/x.yaml',
  ],
  [
    'BuildFailed: failed to decode Kubernetes YAML from /tmp/kustomization-47569838/ok/cm.yaml: MalformedYAMLError: yaml: line 4',
    'build_failed',
    'ok/cm.yaml',
  ],
  ['BuildFailed: yaml: line 3: mapping values are not allowed', 'build_failed', undefined],
  [
    "HealthCheckFailed: health check failed after 30s: timeout waiting for: [Deployment/apps/a status: 'InProgress', Job/apps/b status: 'Failed']",
    'health_check_failed',
    'Deployment/apps/a',
  ],
  ['HealthCheckFailed: failed early due to stalled resources', 'health_check_failed', undefined],
  ['PruneFailed: delete failed, errors: ...', 'prune_failed', undefined],
  [
    'InvalidCELExpression: Reconciliation failed terminally due to configuration error',
    'expression_invalid',
    undefined,
  ],
  [
    `ReconciliationFailed: Deployment/apps/web dry-run failed: failed to create typed patch object`,
    'manifest_invalid',
    'Deployment/apps/web',
  ],
  ['ReconciliationFailed: the server is currently unable to handle the request', 'apply_failed', undefined],
])('a Kustomization: %s', (said, mechanism, value) => {
  const object = kustomization('app') as FluxObject;
  const match = ruleFor(said, kustomizationRules);
  expect(match?.rule.mechanism).toBe(mechanism);
  const fact = { object, found: match?.found ?? [] };
  expect(match?.rule.value?.(fact)).toBe(value);
  expect(match?.rule.says(fact)).not.toMatch(/undefined/);
});

test.each<Row>([
  ...applied.map(([message, mechanism, value]): Row => [
    `InstallFailed: Helm install failed for release shop/x with chart x@1: ${message}`,
    mechanism,
    value,
  ]),
  [
    `ValuesError: could not resolve Secret chart values reference 'shop/db' with key 'values.yaml'`,
    'helm_values',
    'shop/db',
  ],
  [
    "UpgradeFailed: Helm upgrade failed: values don't meet the specifications of the schema(s)",
    'helm_values',
    undefined,
  ],
  [
    'InstallFailed: Helm install failed: execution error at (web/templates/a.yaml:1:3): image is required',
    'helm_values',
    'web/templates/a.yaml:1:3',
  ],
  [
    'UpgradeFailed: Helm upgrade failed: another operation (install/upgrade/rollback) is in progress',
    'helm_locked',
    undefined,
  ],
  ['InstallFailed: Helm install failed for release shop/x: context deadline exceeded', 'helm_timeout', undefined],
  [
    'InstallFailed: client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline',
    'helm_timeout',
    undefined,
  ],
  ['TestFailed: Helm test failed for release shop/x: pod x-test failed', 'helm_test_failed', undefined],
  [
    `ArtifactFailed: could not get Source object: OCIRepository.source.toolkit.fluxcd.io "charts" not found`,
    'source_missing',
    'charts',
  ],
  ['ArtifactFailed: Could not load chart: failed to download artifact', 'artifact_unreachable', undefined],
  ['UninstallFailed: Helm uninstall failed for release shop/x', 'helm_failed', undefined],
])('a HelmRelease: %s', (said, mechanism, value) => {
  const match = ruleFor(said, helmRules);
  expect(match?.rule.mechanism).toBe(mechanism);
  const fact = { object: fluxObject('HelmRelease', 'x') as FluxObject, found: match?.found ?? [] };
  expect(match?.rule.value?.(fact)).toBe(value);
  expect(match?.rule.says(fact)).not.toMatch(/undefined/);
});

test('what no rule knows is none', () => {
  expect(ruleFor('Strange: words', kustomizationRules)).toBeNull();
  expect(ruleFor('Strange: words', helmRules)).toBeNull();
});
