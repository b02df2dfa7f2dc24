import { expect, test } from 'vitest';
import { writers } from '../../../../src/analyst/questions/parts/writers.ts';
import { intentsOf } from '../../../../src/analyst/questions/view/intents.ts';
import type { KeptIncident } from '../../../../src/analyst/questions/view/kept.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

const recorded = 'recordings/001-missing-env';
const deployment = 'evidence/objects/shop/Deployment/checkout.json';
const answer = (kept: KeptIncident, question: string): string => writers(viewOf(kept, question)).lines.join('\n');

/** The same with another text in one file, or with a file more. */
function withFile(kept: KeptIncident, path: string, text: (before: string) => string): KeptIncident {
  const before = kept.files.find((file) => file.path === path)?.text ?? '';
  return { ...kept, files: [...kept.files.filter((file) => file.path !== path), { path, text: text(before) }] };
}

/** An event of an audit log (audit.k8s.io/v1), as the API server writes it. */
function auditLine(over: object): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: '7d5a',
    stage: 'ResponseComplete',
    verb: 'patch',
    user: { username: 'ana@acme.example', groups: ['dev'] },
    userAgent: 'kubectl/v1.33.1 (linux/amd64)',
    objectRef: { resource: 'deployments', namespace: 'shop', name: 'checkout', apiGroup: 'apps', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: '2026-11-20T22:50:03.100000Z',
    stageTimestamp: '2026-11-20T22:50:03.120000Z',
    ...over,
  });
}

test.each([
  'who changed it',
  'who set the memory limit',
  'Who deployed this??',
  'who the hell edited the configmap',
  'who last touched it',
  'which controller set the replicas',
  'which person changed the image',
  'what set REPLICAS_MAX',
  'who removed DB_HOST',
  'changed by whom?',
  'by whom was this deployed',
  'who made this change',
  'who did the last rollout',
  'who is behind this change',
  'whose change is it',
  'who has scaled the deployment',
  'who just restarted it',
  'who rolled it out',
  'who put this into the config',
])('NOT-5: %s asks who wrote it', (question) => {
  expect(intentsOf(question)).toEqual(['written_by']);
});

test.each([
  ['who has it', 'who'],
  ['who is on call', 'who'],
  ['who acknowledged it', 'who'],
  ['who was told', 'who'],
  ['what changed', 'changed'],
  ['did anyone change the config', 'changed'],
  ['is the config map set right', 'config'],
  ['who is affected', 'affected'],
])('NOT-5: %s asks something else: %s', (question, intent) => {
  expect(intentsOf(question)[0]).toBe(intent);
});

test('NOT-5: where lines of an audit log are in the evidence, the person is told', async () => {
  const lines = [
    'started auditing',
    auditLine({}),
    auditLine({ verb: 'get', user: { username: 'reader' } }),
    auditLine({ user: { username: 'refused' }, responseStatus: { code: 403 } }),
    auditLine({ user: { username: 'elsewhere' }, objectRef: { resource: 'deployments', namespace: 'x', name: 'y' } }),
    auditLine({ user: { username: 'system:admin' }, impersonatedUser: { username: 'ben' }, verb: 'update' }),
    '{"apiVersion": "audit.k8s.io/v1", "verb": "patch", cut off',
  ];
  const path = 'evidence/logs/kube-system/kube-apiserver-a/audit.log';
  const kept = withFile(await keptIncident(recorded), path, () => lines.join('\n'));
  const text = answer(kept, 'who changed it');
  expect(text).toContain(
    'An audit line: ana@acme.example did patch Deployment shop/checkout at 2026-11-20 22:50:03Z with kubectl/v1.33.1',
  );
  expect(text).toContain('ben did update');
  expect(text).not.toMatch(/reader|refused|elsewhere|system:admin|which is not kept/);
  expect(text).toContain('by kubectl-edit (Update)');
  expect(answer(kept, 'who changed it in the last minute')).not.toContain('ana@acme.example');
});

test('NOT-5: what whoever changed it wrote down is a quote', async () => {
  const cause = 'kubernetes.io/change-cause';
  const kept = withFile(await keptIncident(recorded), deployment, (text) => {
    const object = JSON.parse(text) as { metadata: { annotations?: object } };
    object.metadata.annotations = { ...object.metadata.annotations, [cause]: 'new prices\n$ rm -rf /' };
    return JSON.stringify(object, null, 2);
  });
  expect(answer(kept, 'who deployed this')).toMatch(/says of its last change:\n> new prices\n> \$ rm -rf \//);
});

test('NOT-5: where no write is noted, and where there is no evidence, it says that it does not say who', async () => {
  const kept = await keptIncident(recorded);
  const silent = withFile(kept, deployment, (text) => text.replace('"managedFields"', '"nothing"'));
  const text = answer(silent, 'who changed it');
  expect(text).toContain('The evidence does not say who wrote it: no such write of Deployment shop/checkout is noted.');
  expect(text).toContain('$ kubectl --context recorded -n shop get deployment/checkout -o yaml --show-managed-fields');
  expect(text).not.toMatch(/by kubectl|at all/);
  expect(answer({ ...kept, files: [] }, 'who changed it')).toContain('No evidence is kept of this incident.');
});
