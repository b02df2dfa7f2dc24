import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { analyseWorkspace } from '../../../src/app/commands/analyse-workspace.ts';
import { incidentJson } from '../../../src/domain/wire/incident.ts';
import { sampleFault, sampleIncident } from '../../support/incident-samples.ts';
import { tempDir } from '../../support/temp-dir.ts';

function workspace(evidence: Readonly<Record<string, string>>): string {
  const dir = tempDir();
  writeFileSync(path.join(dir, 'incident.json'), JSON.stringify(incidentJson(sampleIncident(), [sampleFault()])));
  for (const [name, text] of Object.entries({ 'evidence/.keep': '', ...evidence })) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), text);
  }
  return dir;
}

test('TRI-5: the same files give the same answer, however deep they lie', () => {
  const dir = workspace({ 'evidence/logs/payments/api-7c4-x1/api.log': 'starting\nFATAL: DB_URL is required\n' });
  const answer = analyseWorkspace(dir);
  expect(answer).toEqual(analyseWorkspace(dir));
  expect(answer.markdown).toContain('## ');
  expect(answer.verdict.version).toBe(1);
});

test('TRI-5: its commands name the context of the kubeconfig that the run had', () => {
  const ended = { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T10:00:00Z', finishedAt: '2026-01-01T10:00:01Z' };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'payments', name: 'api-7c4-x1', uid: 'u1' },
    spec: { containers: [{ name: 'api', image: 'registry.test/api:1' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'api',
          ready: false,
          restartCount: 5,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: ended },
        },
      ],
    },
  };
  const log = {
    'evidence/logs/payments/api-7c4-x1/api.previous.log': 'starting\nFATAL: the ledger is out of step\n',
    'evidence/objects/payments/Pod/api-7c4-x1.json': JSON.stringify(pod, null, 2),
  };
  const contexts = JSON.stringify({ 'current-context': 'prod-admin', contexts: [], clusters: [], users: [] });
  const commands = (files: Readonly<Record<string, string>>) =>
    analyseWorkspace(workspace(files)).verdict.remediation.flatMap(({ command }) => command ?? []);
  expect(commands({ ...log, kubeconfig: contexts }).length).toBeGreaterThan(0);
  for (const command of commands({ ...log, kubeconfig: contexts })) expect(command).toContain('--context prod-admin');
  for (const command of commands(log)) expect(command).not.toContain('--context');
});

test('without evidence it says what it could not see', () => {
  expect(analyseWorkspace(workspace({})).verdict.causes).toEqual([]);
});

test('a folder that is no workspace is an error', () => {
  expect(() => analyseWorkspace(tempDir())).toThrow('incident.json');
});
