import { expect, onTestFinished, test } from 'vitest';
import type { ManualRequest } from '../../../src/domain/state-store.ts';
import { clusterPolicy, minute, owner, signal, startOfTime as at } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { runResult } from '../store-fixture.ts';
import { StoreModel } from '../store-model.ts';

function open(): StoreModel {
  const model = new StoreModel(tempDir());
  onTestFinished(() => model.close());
  return model;
}

const request = (change: Partial<ManualRequest> = {}): ManualRequest => ({
  signal: signal({ source: 'manual', faultType: 'Manual', severity: 'info' }),
  owner: owner(),
  node: null,
  cluster: clusterPolicy(),
  ...change,
});

/** By hand too a fault is received: the model counts it as accepted. */
function triage(model: StoreModel, given = request(), time = at) {
  const opened = model.call('triageByHand', given, time);
  model.accepted += 1;
  return opened;
}

test('INT-7: a person opens an incident with a run that may start at once', () => {
  const model = open();
  const { incident, run } = triage(model);
  expect(incident).toMatchObject({ cluster: 'prod', status: 'open', owner: owner() });
  expect(run).toMatchObject({ incidentId: incident.id, trigger: 'manual', status: 'queued', notBefore: at });
  expect(model.claimRun()?.run.id).toBe(run.id);
  expect(model.wrongs()).toEqual([]);
});

test.each([
  ['the severity threshold', { severityThreshold: 'critical' }],
  ['a triage that is off', { triageEnabled: false, triageDisabledReason: 'triage.enabled: false' }],
] as const)('INT-7: %s does not stand in the way of a person', (_, cluster) => {
  const model = open();
  expect(triage(model, request({ cluster: clusterPolicy(cluster) })).incident.status).toBe('open');
  expect(model.wrongs()).toEqual([]);
});

test('INT-7: asked again about the same owner, the incident and its run are the same', () => {
  const model = open();
  const first = triage(model);
  const again = triage(model, request({ signal: signal({ source: 'manual', faultType: 'Manual', pod: 'other' }) }));
  expect(again.incident.id).toBe(first.incident.id);
  expect(again.run.id).toBe(first.run.id);
  model.now = at + minute;
  const claim = model.claimRun();
  expect(triage(model, request({ signal: signal({ source: 'manual', pod: 'third' }) }), at + minute).run).toMatchObject(
    {
      id: claim?.run.id,
      status: 'running',
    },
  );
  expect(model.wrongs()).toEqual([]);
});

test('INT-7: after a report a person gets another run', () => {
  const model = open();
  const first = triage(model);
  model.claimRun();
  model.call('finishRun', first.run.id, runResult(), at + 1);
  const second = triage(model, request(), at + 2);
  expect(second.run.id).not.toBe(first.run.id);
  expect(second.incident).toMatchObject({ id: first.incident.id, status: 'queued' });
  expect(model.wrongs()).toEqual([]);
});

test('INT-7: what a person asked about and is well ends as no fault found: resolved, info, with nothing left standing', () => {
  const model = open();
  const { incident, run } = triage(model);
  expect(incident.severity).toBe('info');
  model.claimRun();
  const cause = 'No fault: Deployment shop/cart is well, 2 of 2 ready.';
  const ended = model.call('finishRun', run.id, runResult({ isFault: false, cause, confidence: null }), at + minute);
  expect(ended).toMatchObject({ status: 'resolved', statusReason: 'no_fault', severity: 'info', cause });
  expect(model.activeFaults('prod')).toEqual([]);
  expect(model.wrongs()).toEqual([]);
});

test('INT-7: what a person asked about and is at fault stays open, as a warning', () => {
  const model = open();
  const { run } = triage(model);
  model.claimRun();
  const found = model.call('finishRun', run.id, runResult({ isFault: true }), at + minute);
  expect(found).toMatchObject({ status: 'reported', severity: 'warning' });
  expect(model.wrongs()).toEqual([]);
});

test('CON-6: over the limit of open faults nothing is opened and nothing is left behind', () => {
  const model = new StoreModel(tempDir(), { maxOpenFaultsPerCluster: 1 });
  onTestFinished(() => model.close());
  triage(model);
  const other = request({ signal: signal({ source: 'manual', pod: 'other' }), owner: owner('other') });
  expect(() => triage(model, other)).toThrow('max_open_faults_per_cluster: 1');
  expect(model.waiting()).toEqual([]);
  expect(model.wrongs()).toEqual([]);
});

test('INT-6: a person ends an incident: its run does not start, its faults still stand', () => {
  const model = open();
  const { incident } = triage(model);
  expect(model.call('resolveIncident', incident.id, 'by ada', at + 1)).toMatchObject({
    status: 'resolved',
    statusReason: 'by ada',
    resolvedAt: at + 1,
  });
  expect(model.claimRun()).toBeNull();
  expect(model.activeFaults('prod')).toHaveLength(1);
  expect(model.call('resolveIncident', incident.id, 'by bob', at + 2)).toMatchObject({ statusReason: 'by ada' });
  expect(model.call('resolveIncident', 'inc_none', 'by ada', at)).toBeNull();
  expect(model.wrongs()).toEqual([]);
});

test('INT-6: a cluster that is removed takes its incidents, active faults and what waits with it', () => {
  const model = open();
  triage(model);
  model.accept([signal({ pod: 'waits' }), signal({ cluster: 'kept', pod: 'stays' })]);
  expect(model.call('closeRemovedClusters', ['kept'], at + 1)).toBe(1);
  expect(model.activeFaults('prod')).toEqual([]);
  expect(model.waiting().map(({ cluster }) => cluster)).toEqual(['kept']);
  expect(model.claimRun()).toBeNull();
  expect(model.call('closeRemovedClusters', ['kept'], at + 2)).toBe(0);
  expect(model.wrongs()).toEqual([]);
});

test('INT-6: a run that works while its cluster is removed may finish and brings nothing back', () => {
  const model = open();
  const { run } = triage(model);
  model.claimRun();
  model.call('closeRemovedClusters', [], at + 1);
  expect(model.call('finishRun', run.id, runResult(), at + 2)).toMatchObject({
    status: 'resolved',
    statusReason: 'cluster_removed',
    cause: 'the process exits with 1',
  });
  expect(model.wrongs()).toEqual([]);
});

test('GAT-4: the words of a fault are written without the secrets in them', () => {
  const model = open();
  const context = 'Back-off: cannot reach postgres://app:zebra-91-pass@db.shop/cart';
  triage(model, request({ signal: signal({ source: 'manual', context }) }));
  const written = ['receptions', 'episodes', 'incidents'].flatMap((table) =>
    model.ids(`SELECT body AS id FROM ${table}`),
  );
  expect(written.join()).toContain('postgres://app:<redacted:userinfo>@db.shop/cart');
  expect(written.join()).not.toContain('zebra');
});
