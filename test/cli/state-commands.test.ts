import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/domain/state-store.ts';
import { limits, openTestStore, receive, runResult } from '../storage/store-fixture.ts';
import { cli } from '../support/cli-run.ts';
import { minimal, tempDir } from '../support/config-dir.ts';
import { clusterPolicy, owner, signal, startOfTime } from '../support/signals.ts';

const second = 1000;
const minute = 60 * second;

/** A configuration with the state of a daemon that is still running. */
async function daemon(): Promise<{ cwd: string; store: StateStore }> {
  const cwd = tempDir({ 'nightcrier.yaml': minimal('notify: {slack: {bot_token: "${UNSET}", channel: "#x"}}') });
  const file = path.join(cwd, 'data/nightcrier.db');
  mkdirSync(path.dirname(file));
  const { store } = await openTestStore({}, file);
  return { cwd, store };
}

/** One fault and its incident in cluster `main`, answered. */
async function answered(store: StateStore, cause: string | null = 'ConfigMap shop/settings has no key REDIS_URL') {
  await receive(store, [signal({ cluster: 'main' })], { owner: owner() });
  const claim = await store.claimRun(limits, startOfTime + minute);
  if (claim === null) throw new Error('no run is due');
  const summary = {
    evidence: [],
    nextSteps: [{ text: 'Add the key', command: 'kubectl -n shop edit configmap settings', reversible: true }],
    claimsBacked: 1,
    claims: 1,
    missing: [],
  };
  return store.finishRun(claim.run.id, runResult({ cause, summary }), startOfTime + 2 * minute);
}

const now = startOfTime + 5 * minute;

describe('incidents', () => {
  test('OPS-4: says in a few lines what broke, why, since when, and what to run next', async () => {
    const { cwd, store } = await daemon();
    const incident = await answered(store);
    const { code, out, err } = await cli(['incidents'], { cwd, now });
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^AGE +SEVERITY +STATUS +CLUSTER +INCIDENT$/);
    expect(lines[1]).toMatch(new RegExp(`^[45]m +${incident.severity} +reported +main +${incident.title.slice(0, 9)}`));
    expect(lines[2]).toBe('     ConfigMap shop/settings has no key REDIS_URL (high confidence)');
    expect(lines[3]).toBe(`     ${incident.id}`);
    expect(err).toContain(`next: nightcrier show ${incident.id}`);
  });

  test('OPS-4 UX-20: reads beside a running daemon without its secrets; data is on stdout, talk on stderr', async () => {
    const { cwd } = await daemon();
    const { code, out, err } = await cli(['incidents'], { cwd, now });
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('no incidents');
  });

  test('OPS-4: leaves out what ended unless asked, and filters', async () => {
    const { cwd, store } = await daemon();
    const incident = await answered(store);
    await store.resolveIncident(incident.id, 'cleared', now);
    expect((await cli(['incidents'], { cwd, now })).out).toBe('');
    expect((await cli(['incidents', '--all'], { cwd, now })).out).toContain('resolved');
    expect((await cli(['incidents', '--status', 'resolved'], { cwd, now })).out).toContain(incident.id);
    expect((await cli(['incidents', '--status', 'open'], { cwd, now })).out).toBe('');
  });

  test('OPS-4: says when there are more than are shown, and from where to go on', async () => {
    const { cwd, store } = await daemon();
    for (const name of ['a', 'b', 'c']) {
      await receive(store, [signal({ cluster: 'main', pod: name })], { owner: owner(name) });
    }
    const two = await cli(['incidents', '--limit', '2', '-o', 'json'], { cwd, now });
    const { incidents, next } = JSON.parse(two.out) as { incidents: { id: string }[]; next: string | null };
    expect(incidents).toHaveLength(2);
    expect(next).toBe(incidents[1]?.id);
    expect((await cli(['incidents', '--limit', '2'], { cwd, now })).err).toContain('there are more (--limit)');
    // The page that has the rest also has what is left out: nothing more that is wanted.
    const newest = await store.incidents({ limit: 1 });
    await store.resolveIncident(newest.items[0]?.incident.id ?? '', 'cleared', now);
    expect((await cli(['incidents', '--limit', '2'], { cwd, now })).err).not.toContain('there are more');
    expect((await cli(['incidents', '--limit', '1'], { cwd, now })).err).toContain('there are more');
  });

  test('OPS-4 UX-20: -o json prints the objects of the read API', async () => {
    const { cwd, store } = await daemon();
    const incident = await answered(store);
    const { out } = await cli(['incidents', '-o', 'json'], { cwd, now });
    const parsed = JSON.parse(out) as { incidents: Record<string, unknown>[]; next: unknown };
    expect(parsed.next).toBeNull();
    expect(parsed.incidents[0]).toMatchObject({
      id: incident.id,
      cluster: 'main',
      status: 'reported',
      confidence: 'high',
    });
    expect(parsed.incidents[0]?.['faults']).toHaveLength(1);
    expect(parsed.incidents[0]?.['runs']).toHaveLength(1);
  });

  test('OPS-4: an unknown cluster, status or limit is a sentence', async () => {
    const { cwd } = await daemon();
    const unknown = await cli(['incidents', '--cluster', 'mian'], { cwd });
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.err).toContain('the configuration has no cluster "mian"\n    fix: use one of: main\n    NC-CLI-004');
    expect((await cli(['incidents', '--status', 'x'], { cwd })).code).toBe(2);
    expect((await cli(['incidents', '--limit', '0'], { cwd })).code).toBe(2);
  });

  test('OPS-4: without a state file it says so', async () => {
    const cwd = tempDir({ 'nightcrier.yaml': minimal() });
    const { code, err } = await cli(['incidents'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain('NC-STORE-006');
  });
});

describe('show', () => {
  test('OPS-4: the cause comes first, then status, object, report, next steps, faults and runs', async () => {
    const { cwd, store } = await daemon();
    const incident = await answered(store);
    const { code, out, err } = await cli(['show', incident.id], { cwd, now });
    expect(code).toBe(0);
    expect(out.split('\n')[2]).toBe('Cause    ConfigMap shop/settings has no key REDIS_URL (high confidence)');
    expect(out).toContain('Status   reported for 3m');
    expect(out).toContain('Report   /reports/index.html');
    expect(out).toContain(
      'Next steps (nightcrier changes nothing)\n  - Add the key\n    kubectl -n shop edit configmap settings',
    );
    expect(out).toMatch(/1 fault\n {2}- \w+ \w+\/\S+, last /);
    expect(out).toMatch(/1 run\n {2}- succeeded in .*, answered by builtin/);
    expect(err).toContain('next: nightcrier why main ');
  });

  test('OPS-4: a part of the id is enough when it fits one', async () => {
    const { cwd, store } = await daemon();
    const incident = await answered(store);
    expect((await cli(['show', incident.id.slice(-8).toLowerCase()], { cwd, now })).out).toContain(incident.id);
    const missing = await cli(['show', 'inc_nope'], { cwd, now });
    expect(missing).toMatchObject({ code: 1, out: '' });
    expect(missing.err).toContain('there is no incident "inc_nope"');
  });

  test('OPS-4: no cause is said as such, never invented', async () => {
    const { cwd, store } = await daemon();
    const incident = await answered(store, null);
    const { out } = await cli(['show', incident.id], { cwd, now });
    expect(out).toContain('Cause    no cause found');
  });

  test('UX-20: -o json is one object of the read API', async () => {
    const { cwd, store } = await daemon();
    const incident = await answered(store);
    const { out } = await cli(['show', incident.id, '-o', 'json'], { cwd, now });
    expect(JSON.parse(out)).toMatchObject({ id: incident.id, cause: incident.cause, report: '/reports/index.html' });
  });

  test('OPS-4: text of a cluster cannot control the terminal', async () => {
    const { cwd, store } = await daemon();
    await receive(store, [signal({ cluster: 'main', context: 'bad\u001b[2Jtext\nForged   line' })], { owner: owner() });
    const [detail] = (await store.incidents({ limit: 1 })).items;
    const { out } = await cli(['show', detail?.incident.id ?? ''], { cwd, now });
    expect(out).not.toContain('\u001b');
    expect(out).not.toMatch(/^Forged/m);
  });
});

describe('why', () => {
  test('OPS-4 INT-5: names outcome, rule and time of every fault of an object', async () => {
    const { cwd, store } = await daemon();
    const first = signal({ cluster: 'main' });
    await receive(store, [first], { owner: owner() });
    await receive(store, [{ ...first, at: startOfTime + second }], { owner: owner() }, startOfTime + second);
    const { kind, namespace, name } = first.resource;
    const { code, out, err } = await cli(['why', 'main', `${kind.toLowerCase()}/${namespace}/${name}`], { cwd, now });
    expect(code).toBe(0);
    expect(out).toMatch(/opened an incident · inc_/);
    expect(out).toContain('the same fault again, counted only');
    expect(out).toContain('2026');
    expect(err).toMatch(/2 faults\nnext: nightcrier show inc_/);
  });

  test('OPS-4 INT-5: below the threshold is said with the rule', async () => {
    const { cwd, store } = await daemon();
    const fault = signal({ cluster: 'main', severity: 'info' });
    await receive(store, [fault], { owner: owner(), cluster: clusterPolicy({ severityThreshold: 'critical' }) });
    const { kind, namespace, name } = fault.resource;
    const { out } = await cli(['why', 'main', `${kind}/${namespace}/${name}`, '-o', 'json'], { cwd, now });
    const { faults } = JSON.parse(out) as { faults: { outcome: string; rule: string }[] };
    expect(faults).toMatchObject([{ outcome: 'below_threshold' }]);
    expect(faults[0]?.rule).toMatch(/severity_threshold/);
  });

  test('OPS-4: nothing received is exit 1 and says where to look; a bad name is exit 2', async () => {
    const { cwd } = await daemon();
    const nothing = await cli(['why', 'main', 'Node//n1'], { cwd });
    expect(nothing).toMatchObject({ code: 1, out: '' });
    expect(nothing.err).toContain('nothing was received about Node//n1 in main');
    const invalid = await cli(['why', 'main', 'cart'], { cwd });
    expect(invalid.code).toBe(2);
    expect(invalid.err).toContain('"cart" is not KIND/NAMESPACE/NAME');
  });
});
