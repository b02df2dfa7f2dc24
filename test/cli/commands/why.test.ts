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
  expect(nothing.err).toContain('nothing was received about Node//n1 in main');
  const invalid = await cli(['why', 'main', 'cart'], { cwd });
  expect(invalid.code).toBe(2);
  expect(invalid.err).toContain('"cart" is not KIND/NAMESPACE/NAME');
});
