import { expect, test } from 'vitest';
import { callTool } from '../../../support/call-tool.ts';
import { PaletteServer } from '../../../support/palette-server.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

const check = (args: Record<string, unknown>, server: PaletteServer | null = null) =>
  callTool(paletteTools(server).tools, 'validate_configuration', args);

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: prod}
spec:
  template:
    spec:
      containers:
        - name: web
          image: nginx
          env: [{name: API_TOKEN, value: tok-4c7d1f0b22}]
`;

const profile = {
  spec: {
    template: {
      type: 'cluster',
      cloudType: 'aws',
      packs: [
        { name: 'kubernetes', layer: 'k8s', tag: '1.33.4', values: 'a: 1' },
        {
          name: 'app',
          layer: 'addon',
          type: 'manifest',
          values: 'token: tok-4c7d1f0b22x',
          manifests: [
            { name: 'web', content: `${deployment}---\nkind: Namespace\n` },
            { name: 'broken', content: 'a: [' },
          ],
        },
      ],
    },
  },
};

test('manifests as text: rule, path and severity of each finding (PAL-6)', async () => {
  const result = await check({ configuration: `kind: Namespace\nmetadata: {name: prod}\n---\n${deployment}` });
  expect(result).toMatchObject({
    passed: false,
    counts: { critical: 0, high: 2, medium: 3, low: 1 },
    checked: ['Namespace/prod', 'Deployment/prod/web'],
    not_checked: [],
    packs_checked: false,
  });
  const findings = result['findings'] as {
    rule: string;
    severity: string;
    path: string;
    document: number;
    resource: string;
  }[];
  expect(findings.map(({ rule, severity, path }) => `${severity} ${rule} ${path}`)).toEqual([
    'high run-as-non-root spec.template.spec.containers[0].securityContext.runAsNonRoot',
    'high no-inline-secrets spec.template.spec.containers[0].env[0].value',
    'medium require-resource-limits spec.template.spec.containers[0].resources.limits',
    'medium no-latest-tag spec.template.spec.containers[0].image',
    'medium min-two-replicas-in-production spec.replicas',
    'low require-probes spec.template.spec.containers[0].readinessProbe',
  ]);
  expect(new Set(findings.map(({ document, resource }) => `${document} ${resource}`))).toEqual(
    new Set(['1 Deployment/prod/web']),
  );
  expect(result['rules']).toHaveLength(8);
  expect(JSON.stringify(result)).not.toContain('tok-4c7d1f0b22');
});

test('one object; nothing found is passed', async () => {
  expect(await check({ configuration: { kind: 'ConfigMap', metadata: { name: 'a' } } })).toMatchObject({
    passed: true,
    findings: [],
    checked: ['ConfigMap/a'],
  });
});

test('what is neither is not passed, and said (PAL-6)', async () => {
  expect(await check({ configuration: 'just words\n---\nkind: Namespace\n' })).toMatchObject({
    passed: false,
    checked: ['Namespace'],
    not_checked: ['document 0: it is no object of Kubernetes (no kind) and no cluster profile (no packs)'],
  });
  expect(await check({ configuration: { kind: 'Namespace' }, kind: 'cluster_profile' })).toMatchObject({
    passed: false,
    checked: [],
  });
  expect(await check({ configuration: profile, kind: 'kubernetes' })).toMatchObject({ passed: false, checked: [] });
});

test('a cluster profile: manifests of its packs, secrets in values; Palette is asked only when told to (PAL-6)', async () => {
  const server = await PaletteServer.start();
  const result = await check({ configuration: profile, environment: 'staging' }, server);
  expect(server.calls).toEqual([]);
  expect(result).toMatchObject({
    packs_checked: false,
    checked: ['cluster profile with 2 packs (document 0)', 'Deployment/prod/web', 'Namespace'],
  });
  expect(result['not_checked']).toEqual([
    expect.stringContaining('spec.template.packs[1].manifests[1].content (broken)'),
  ]);
  const paths = (result['findings'] as { rule: string; path: string }[]).map(({ rule, path }) => `${rule} ${path}`);
  expect(paths).toContain('no-inline-secrets spec.template.packs[1].values');
  expect(paths).toContain(
    'no-latest-tag spec.template.packs[1].manifests[0].content[0].spec.template.spec.containers[0].image',
  );
  expect(paths.join()).not.toContain('min-two-replicas');

  const asked = await check({ configuration: profile, check_packs: true }, server);
  expect(asked['packs_checked']).toBe(true);
  expect(asked['findings']).toContainEqual({
    rule: 'palette-pack-constraint',
    severity: 'high',
    resource: 'pack/kubernetes',
    document: 0,
    path: 'spec.template.packs[0]',
    message: 'PackConstraintFailed: needs a newer operating system',
  });
  expect(server.calls[0]?.body).toMatchObject({
    cloudType: 'aws',
    type: 'cluster',
    packs: [{ name: 'kubernetes', tag: '1.33.4' }, { manifests: [{ name: 'web' }, { name: 'broken' }] }],
  });
});

test.each([
  ['spec: {published: {packs: [{name: vault, values: "password: swordfish-9931"}]}}', 'spec.published.packs'],
  ['spec: {packs: [{name: vault, values: "password: swordfish-9931"}]}', 'spec.packs'],
  ['packs: [{name: vault, values: "password: swordfish-9931"}]', 'packs'],
])('a profile in the form %s is one', async (text, path) => {
  expect(await check({ configuration: text })).toMatchObject({ findings: [{ path: `${path}[0].values` }] });
});

test('the demo checks packs by its own catalogue (PAL-5)', async () => {
  const result = await check({ configuration: profile, check_packs: true });
  expect(result['findings']).toContainEqual(
    expect.objectContaining({ rule: 'palette-pack-constraint', resource: 'pack/app', path: 'spec.template.packs[1]' }),
  );
});

test.each([
  ['a: [', 'invalid_argument', 'line 1'],
  ['kind: A\n---\nkind: B\nkind: C\n', 'invalid_argument', 'line 4, column 1: Map keys must be unique'],
  ['# nothing\n---\n', 'invalid_argument', 'no document'],
  ['ü'.repeat(200_000), 'too_large', '256 KiB'],
])('%.20s is refused with its place', async (configuration, code, words) => {
  const asked = check({ configuration });
  await expect(asked).rejects.toMatchObject({ code });
  await expect(asked).rejects.toThrow(words);
});

test('an object that is too large or too deep is refused', async () => {
  await expect(check({ configuration: { kind: 'x'.repeat(300_000) } })).rejects.toMatchObject({ code: 'too_large' });
  let deep: Record<string, unknown> = {};
  for (let depth = 0; depth < 20_000; depth += 1) deep = { deep };
  await expect(check({ configuration: deep })).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(check({ configuration: 'x'.repeat(300_000) })).rejects.toThrow('configuration');
});
