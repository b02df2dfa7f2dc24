import { expect, test } from 'vitest';
import { analystRequest } from '../../../src/domain/decide/analyst-request.ts';
import { sampleFault, sampleIncident, sampleTime } from '../../support/incident-samples.ts';

const owner = { kind: 'Deployment', namespace: 'payments', name: 'api' };
const pod = { kind: 'Pod', namespace: 'payments', name: 'api-7c4-x1' };

test('TRI-3: the analyst is asked about the owner, with its faults in the words of their source', () => {
  expect(analystRequest(sampleIncident(), [sampleFault()], ['--context', 'prod'])).toEqual({
    incidentId: 'inc_01K9Z3W8Q4',
    cluster: 'prod-eu',
    kubectl: ['--context', 'prod'],
    title: 'CrashLoop of Deployment payments/api',
    severity: 'critical',
    since: sampleTime,
    subject: owner,
    related: [pod, owner, pod],
    faults: [{ faultType: 'CrashLoop', resource: pod, context: 'container api restarts again and again' }],
  });
});

test('TRI-3: it is told nothing that it does not use: no ids, no state of ours', () => {
  const text = JSON.stringify(analystRequest(sampleIncident({ status: 'failed' }), [sampleFault()], []));
  expect(text).not.toMatch(/uid|apiVersion|certain|status|seq|environment/);
});

test.each([
  ['no fault says more', [], sampleTime + 5],
  ['the first seen', [{ firstSeen: sampleTime + 9 }, { firstSeen: sampleTime + 3 }], sampleTime + 3],
  [
    'since when the object says that it stands',
    [{ firstSeen: sampleTime, since: sampleTime - 60_000 }],
    sampleTime - 60_000,
  ],
  ['the earliest of both', [{ since: sampleTime - 5 }, { firstSeen: sampleTime - 9 }], sampleTime - 9],
])('TRI-3: it began when: %s', (_, faults, since) => {
  const incident = sampleIncident({ openedAt: sampleTime + 5 });
  expect(
    analystRequest(
      incident,
      faults.map((fault) => sampleFault(fault)),
      [],
    ).since,
  ).toBe(since);
});

test('TRI-3: every faulty object and its owner is related, also those of other owners', () => {
  const node = { kind: 'Node', namespace: null, name: 'n1' };
  const faults = [
    sampleFault(),
    sampleFault({ resource: { ...node, apiVersion: 'v1', uid: 'n' }, owner: { ...node, certain: true } }),
  ];
  expect(analystRequest(sampleIncident(), faults, []).related).toEqual([pod, owner, pod, node, node]);
});

test.each([
  ['an alert about what is measured', { faultType: 'HighErrorRate', sources: ['webhook'] }, true],
  ['an alert about the state of its object', { faultType: 'CrashLoop', sources: ['webhook'] }, undefined],
  ['what a server pushed', { faultType: 'HighErrorRate', sources: ['push'] }, undefined],
] as const)('INT-7: %s', (_what, change, measured) => {
  const { faults } = analystRequest(sampleIncident(), [sampleFault(change)], []);
  expect(faults[0]?.measured).toBe(measured);
});
