import { expect, onTestFinished, test } from 'vitest';
import { type IncidentAct, maxActComment, maxActs } from '../../../src/domain/people/incident-act.ts';
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

const acts = (model: StoreModel) =>
  model.ids('SELECT body AS id FROM acts ORDER BY id').map((body) => JSON.parse(body) as IncidentAct);

test('INT-6: what people do is kept with who, when and what they said, and with the run that they asked for', () => {
  const model = open();
  const { incident } = triage(model);
  const order = (kind: IncidentAct['kind'], by: string, comment: string, time: number) =>
    model.call('orderIncident', incident.id, { kind, by, comment }, at + time);
  order('ack', 'ana', 'on it', 1);
  const rerun = order('rerun', 'ben', '', 2);
  order('resolve', 'cy', 'the quota is raised', 3);
  expect(acts(model)).toMatchObject([
    { kind: 'ack', by: 'ana', at: at + 1, comment: 'on it', done: true, runId: null },
    { kind: 'rerun', by: 'ben', at: at + 2, comment: '', done: true, runId: rerun.kind === 'done' && rerun.run?.id },
    { kind: 'resolve', by: 'cy', at: at + 3, comment: 'the quota is raised', done: true, runId: null },
  ]);
  expect(model.wrongs()).toEqual([]);
});

test.each(['ack', 'resolve', 'rerun'] as const)(
  'INT-6: %s is kept once however often it is sent; what another says who comes too late is kept, marked as that',
  (kind) => {
    const model = open();
    const { incident } = triage(model);
    const order = (by: string, comment: string) =>
      model.call('orderIncident', incident.id, { kind, by, comment }, at + 1);
    for (let time = 0; time < 3; time += 1) order('ana', 'known');
    order('ben', '');
    for (let time = 0; time < 3; time += 1) order('ben', 'it was the proxy');
    expect(acts(model).map(({ by, comment, done }) => [by, comment, done])).toEqual([
      ['ana', 'known', true],
      ['ben', 'it was the proxy', false],
    ]);
    expect(model.wrongs()).toEqual([]);
  },
);

/** An incident whose fault has an owner of its own, and orders of it. */
function withOrders() {
  const model = open();
  model.accept([signal()]);
  model.settle(1);
  const [id = ''] = model.ids('SELECT id FROM incidents');
  const order = (kind: IncidentAct['kind'], by: string, comment: string) =>
    model.call('orderIncident', id, { kind, by, comment }, (model.now += 1));
  return { model, order };
}

test.each(['ack', 'resolve', 'rerun'] as const)(
  'INT-6: what %s is said with is kept once for each time that the incident is open, and once for each end',
  (kind) => {
    const { model, order } = withOrders();
    for (let time = 0; time < 3; time += 1) {
      order(kind, 'ana', '');
      for (let sent = 0; sent < 3; sent += 1) order(kind, 'bo', 'known');
      if (kind !== 'resolve') order('resolve', 'ana', '');
      model.now += 20 * minute;
      model.accept([signal()]);
      model.settle(1);
    }
    expect(model.number("SELECT json_extract(body, '$.reopened') FROM incidents")).toBe(3);
    const said = acts(model).filter((act) => act.by === 'bo');
    expect(said.map(({ comment, done }) => [comment, done])).toEqual(Array.from({ length: 3 }, () => ['known', false]));
    expect(model.wrongs()).toEqual([]);
  },
);

test('INT-6: what is said with an investigation is kept once for each run', () => {
  const { model, order } = withOrders();
  for (let time = 0; time < 2; time += 1) {
    order('rerun', 'ana', '');
    for (let sent = 0; sent < 3; sent += 1) order('rerun', 'bo', 'with more memory');
    model.now += minute;
    model.call('finishRun', model.claimRun()!.run.id, runResult(), (model.now += 1));
  }
  const said = acts(model).filter((act) => act.by === 'bo');
  expect(said).toHaveLength(2);
  expect(new Set(said.map(({ runId }) => runId)).size).toBe(2);
  expect(model.wrongs()).toEqual([]);
});

test('INT-6, GAT-4: of an incident the latest acts are kept, each of a bounded length and without the secrets in it', () => {
  const model = open();
  const { incident } = triage(model);
  const say = (comment: string) =>
    model.call('orderIncident', incident.id, { kind: 'ack', by: 'ana', comment }, at + 1);
  say(`postgres://app:zebra-91-pass@db.shop/cart ${'x'.repeat(5000)}`);
  expect(acts(model)[0]?.comment).toMatch(/^postgres:\/\/app:<redacted:userinfo>@db\.shop\/cart x+…$/);
  expect(acts(model)[0]?.comment).toHaveLength(maxActComment);
  // One that stands where the text is cut is taken out too.
  say(`${'x'.repeat(maxActComment - 25)} postgres://app:zebra-91-pass@db.shop/cart`);
  for (let time = 0; time < maxActs + 5; time += 1) say(`number ${time}`);
  expect(acts(model)).toHaveLength(maxActs);
  expect(acts(model).at(-1)?.comment).toBe(`number ${maxActs + 4}`);
  const written = ['acts', 'incidents'].flatMap((table) => model.ids(`SELECT body AS id FROM ${table}`));
  expect(written.join()).not.toContain('zebra');
});
