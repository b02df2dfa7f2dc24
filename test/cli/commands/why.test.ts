import { expect, test } from 'vitest';
import { receive } from '../../storage/store-fixture.ts';
import { cli } from '../../support/cli-run.ts';
import { clusterPolicy, owner, signal, startOfTime } from '../../support/signals.ts';
import { now, stateDir } from '../../support/state-dir.ts';

test('OPS-4 INT-5: names outcome, rule and time of every fault of an object', async () => {
  const { cwd, store } = await stateDir();
  const first = signal({ cluster: 'main' });
  await receive(store, [first], { owner: owner() });
  await receive(store, [{ ...first, at: startOfTime + 1000 }], { owner: owner() }, startOfTime + 1000);
  const { kind, namespace, name } = first.resource;
  const { code, out, err } = await cli(['why', 'main', `${kind.toLowerCase()}/${namespace}/${name}`], { cwd, now });
  expect(code).toBe(0);
  expect(out).toMatch(/opened an incident · inc_/);
  expect(out).toContain('the same fault again, counted only');
  expect(out).toContain('2026');
  expect(err).toMatch(/2 faults\nnext: nightcrier show inc_/);
});

test('OPS-4: every time is of the zone of the reader, that of a rule too', async () => {
  const { cwd, store } = await stateDir();
  const first = signal({ cluster: 'main' });
  await receive(store, [first], { owner: owner() });
  await receive(store, [{ ...first, at: startOfTime + 1000 }], { owner: owner() }, startOfTime + 1000);
  const { kind, namespace, name } = first.resource;
  const { out } = await cli(['why', 'main', `${kind}/${namespace}/${name}`], { cwd, now, timeZone: 'Asia/Tokyo' });
  expect(out).toMatch(/active since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+09:00/);
  expect(out).not.toMatch(/\d\d:\d\d:\d\d(\.\d+)?Z/);
});

test('OPS-4 INT-5: below the threshold is said with the rule', async () => {
  const { cwd, store } = await stateDir();
  const fault = signal({ cluster: 'main', severity: 'info' });
  await receive(store, [fault], { owner: owner(), cluster: clusterPolicy({ severityThreshold: 'critical' }) });
  const { kind, namespace, name } = fault.resource;
  const { out } = await cli(['why', 'main', `${kind}/${namespace}/${name}`, '-o', 'json'], { cwd, now });
  const { faults } = JSON.parse(out) as { faults: { outcome: string; rule: string }[] };
  expect(faults).toMatchObject([{ outcome: 'below_threshold' }]);
  expect(faults[0]?.rule).toMatch(/severity_threshold/);
});

test('OPS-4: nothing received is exit 1 and says where to look; a bad name is exit 2', async () => {
  const { cwd } = await stateDir();
  const nothing = await cli(['why', 'main', 'Node//n1'], { cwd });
  expect(nothing).toMatchObject({ code: 1, out: '' });
  expect(nothing.err).toBe(
    'error: nothing was received about Node//n1 in main\n    fix: nightcrier doctor --cluster main says whether the cluster is heard\n    NC-CLI-026\n',
  );
  const invalid = await cli(['why', 'main', 'cart'], { cwd });
  expect(invalid.code).toBe(2);
  expect(invalid.err).toContain('"cart" is not KIND/NAMESPACE/NAME');
  const misspelled = await cli(['why', 'main', 'deploymnt/shop/cart'], { cwd });
  expect(misspelled).toMatchObject({ code: 2, out: '' });
  expect(misspelled.err).toMatch(/no kind "deploymnt", did you mean "Deployment"\?\n {4}fix: .*\n {4}NC-CLI-011/);
  const elsewhere = await cli(['why', 'mian', 'deploy/shop/cart'], { cwd });
  expect(elsewhere).toMatchObject({ code: 2, out: '' });
  expect(elsewhere.err).toContain('NC-CLI-004');
});

test.for([
  ['deploy/shop/cart'],
  ['deployments/shop/cart'],
  ['deployment.apps/shop/cart'],
  ['Deployment/cart', '-n', 'shop'],
  ['deploy', 'cart', '--namespace', 'shop'],
])('OPS-4 UX-17: every way to name an object gives the same answer: %s', async (words) => {
  const { cwd, store } = await stateDir();
  const resource = { ...signal().resource, apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart' };
  await receive(store, [signal({ cluster: 'main', resource })], { owner: owner() });
  const { code, out } = await cli(['why', 'main', ...words, '-o', 'json'], { cwd, now });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    object: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
    faults: [{ outcome: 'opened' }],
  });
});

test('OPS-4 UX-17: faults of a custom resource are found by its kind and by its plural with the group', async () => {
  const { cwd, store } = await stateDir();
  const resource = { ...signal().resource, apiVersion: 'x.io/v1', kind: 'Gadget', namespace: 'shop', name: 'g' };
  await receive(store, [signal({ cluster: 'main', resource })], { owner: owner() });
  for (const word of ['Gadget/shop/g', 'gadgets.x.io/shop/g']) {
    const { code, out } = await cli(['why', 'main', word], { cwd, now });
    expect({ word, code }).toEqual({ word, code: 0 });
    expect(out).toContain('opened an incident');
  }
});
