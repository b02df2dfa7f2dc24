import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { unknownPermissions } from '../../../src/domain/permissions.ts';
import type { RunCluster } from '../../../src/triage/stages/run-context.ts';
import { prepareStage, type PrepareStageOptions } from '../../../src/triage/stages/prepare.ts';
import { unusableWorkspace } from '../../../src/triage/workspace/workspace.ts';
import { type RunSample, runSample } from '../../support/run-context.ts';
import { agentBudget, agentChoice } from '../../support/triage-bench.ts';

const never = new AbortController().signal;
const snapshot = { ...unknownPermissions('prod', 0, 'x', false), minimum_met: true, error: null };
const cluster: RunCluster = {
  kubeconfig: '/k.yaml',
  context: 'ro',
  kubectl: ['--context', 'ro'],
  allowSecrets: true,
  agent: agentChoice(),
  budget: agentBudget(),
};

function stage(change: Partial<PrepareStageOptions> = {}) {
  return prepareStage({
    permissions: { current: () => snapshot, firstAnswer: () => Promise.resolve(null) },
    now: () => 5000,
    flattenKubeconfig: (file, context) =>
      Promise.resolve(`# ${file} ${context}\nusers:\n- user:\n    token: a-long-token\n`),
    ...change,
  });
}

const text = ({ context }: RunSample, name: string): string => readFileSync(context.workspace.path(name), 'utf8');

test('PER-4 TRI-2: incident, permissions and the kubeconfig of one context are in the workspace', async () => {
  const sample = await runSample({ cluster });
  const next = await stage().run(sample.context, never);
  expect(JSON.parse(text(sample, 'incident.json'))).toMatchObject({
    cluster: 'prod',
    id: sample.context.claim.incident.id,
  });
  expect(JSON.parse(text(sample, 'incident_cluster_permissions.json'))).toEqual(snapshot);
  expect(text(sample, 'kubeconfig')).toContain('# /k.yaml ro');
  expect(next).toMatchObject({ permissions: snapshot, failures: [] });
  expect(next.redact.text('the agent said a-long-token')).toBe('the agent said <redacted:secret>');
});

test('PER-4: who has not answered yet is waited for; who never answers is unknown, with what is configured', async () => {
  const later = { current: () => null, firstAnswer: () => Promise.resolve(snapshot) };
  expect((await stage({ permissions: later }).run((await runSample()).context, never)).permissions).toEqual(snapshot);
  const nobody = { current: () => null, firstAnswer: () => Promise.resolve(null) };
  const { context } = await runSample({ cluster });
  expect((await stage({ permissions: nobody }).run(context, never)).permissions).toMatchObject({
    minimum_met: null,
    secrets_access_allowed: true,
    error: 'nobody answered in time',
    validated_at: new Date(5000).toISOString(),
  });
});

test.each([
  ['is not configured any more', null],
  ['has no credential', { ...cluster, kubeconfig: null }],
])('a cluster that %s gets no kubeconfig, and no failure', async (_, configured) => {
  const sample = await runSample({ cluster: configured });
  const next = await stage().run(sample.context, never);
  expect(existsSync(sample.context.workspace.path('kubeconfig'))).toBe(false);
  expect(next.failures).toEqual([]);
});

test('a kubeconfig that cannot be read is said, and the run goes on', async () => {
  const { context } = await runSample({ cluster });
  const failing = stage({ flattenKubeconfig: () => Promise.reject(new Error('no such context')) });
  expect((await failing.run(context, never)).failures).toEqual([
    { stage: 'permissions', error: 'kubeconfig: no such context' },
  ]);
});

test('a workspace that cannot be written is said, and what is known stays known', async () => {
  const { context } = await runSample({ cluster, workspace: unusableWorkspace('/nowhere', 'disk full') });
  const next = await stage().run(context, never);
  expect(next.permissions).toEqual(snapshot);
  expect(next.failures).toEqual([{ stage: 'permissions', error: 'no workspace: disk full' }]);
});
