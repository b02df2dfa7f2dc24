import { expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/kube/cluster-reader.ts';
import { callTool } from '../../../support/call-tool.ts';
import { fluxTools } from '../../../support/flux.ts';
import { artifact, fluxCluster, fluxObject, kustomization } from '../../../support/flux-chain.ts';

function deployment(name: string, replicas: number, available: number | undefined): KubeObject {
  const conditions = [
    { type: 'Available', status: 'False', message: 'Deployment does not have minimum availability.' },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'flux-system', labels: { 'app.kubernetes.io/part-of': 'flux' } },
    spec: { replicas },
    status: { availableReplicas: available, ...(available === 0 ? { conditions } : {}) },
  };
}

async function issuesWith(...controllers: readonly KubeObject[]): Promise<readonly Record<string, unknown>[]> {
  const reader = fluxCluster(
    kustomization('app'),
    kustomization('infra'),
    fluxObject('GitRepository', 'platform', { status: artifact }),
    ...controllers,
  );
  const result = await callTool(fluxTools(reader), 'diagnose_flux_issues');
  return result['issues'] as readonly Record<string, unknown>[];
}

test('a controller without a pod holds up all that it reconciles, and goes first', async () => {
  const issues = await issuesWith(
    deployment('notification-controller', 1, undefined),
    deployment('kustomize-controller', 1, 0),
    deployment('source-controller', 2, 1),
  );
  expect(issues).toMatchObject([
    {
      severity: 'critical',
      mechanism: 'controller_down',
      resource: 'Deployment/flux-system/kustomize-controller',
      field: 'status.availableReplicas',
      waiting: ['Kustomization/flux-system/app', 'Kustomization/flux-system/infra'],
      waiting_count: 2,
      evidence: [{ text: 'Deployment does not have minimum availability.' }],
    },
    { resource: 'Deployment/flux-system/notification-controller', waiting: [], evidence: [] },
  ]);
});

test('one that is scaled to zero was switched off', async () => {
  expect(await issuesWith(deployment('source-controller', 0, undefined))).toMatchObject([
    { field: 'spec.replicas', message: expect.stringContaining('is scaled to zero') as string, waiting_count: 1 },
  ]);
});
