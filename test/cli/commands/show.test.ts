import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { receive } from '../../storage/store-fixture.ts';
import { cli } from '../../support/cli-run.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import type { IncidentJson } from '../../../src/domain/wire/incident.ts';
import { parseMatchers } from '../../../src/domain/silence/matchers.ts';
import { minute, owner, signal, startOfTime } from '../../support/signals.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';

test('OPS-4: the cause comes first, then status, object, report, next steps, faults and runs', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const { code, out, err } = await cli(['show', incident.id], { cwd, now });
  expect(code).toBe(0);
  expect(out.split('\n')[2]).toBe('Cause    ConfigMap shop/settings has no key REDIS_URL (evident)');
  expect(out).toContain('Status   reported for 3m');
  expect(out).toContain('Report   /reports/index.html');
  expect(out).toContain(
    'Next steps (nightcrier changes nothing)\n  - Add the key (can be undone)\n    kubectl -n shop edit configmap settings',
  );
  expect(out).toMatch(/1 fault\n {2}- \w+ \w+\/\S+, last /);
  expect(out).toMatch(/1 run\n {2}- succeeded in .*, answered by builtin/);
  expect(err).toContain(`next: nightcrier report ${incident.id}`);
});

test('OPS-4: evidence comes from what was stored beside the answer; one that is damaged costs nothing else', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const folder = path.join(cwd, 'data/artifacts/main', incident.id);
  mkdirSync(folder, { recursive: true });
  const words = 'Pod shop/cart-1, container cart: exit code 1';
  const evidence = [
    { file: 'f', quote: 'q', object: 'Pod shop/cart-1', field: 'status.x', value: '1', words, excerpt: null },
  ];
  const show = async (findings: string) => {
    writeFileSync(path.join(folder, 'findings.json'), findings);
    return (await cli(['show', incident.id], { cwd, now })).out;
  };
  expect(await show(JSON.stringify(findingsSample({ evidence })))).toContain(
    `Evidence\n  - ${words}\n    field status.x\n\nNext steps`,
  );
  for (const damaged of ['', '{', '[]', '{"version":1}']) {
    const out = await show(damaged);
    expect(out).toContain('Next steps');
    expect(out).not.toContain('Evidence');
  }
});

test('OPS-4: a part of the id is enough when it fits one', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  expect((await cli(['show', incident.id.slice(-8).toLowerCase()], { cwd, now })).out).toContain(incident.id);
  const missing = await cli(['show', 'inc_nope'], { cwd, now });
  expect(missing).toMatchObject({ code: 1, out: '' });
  expect(missing.err).toContain('there is no incident "inc_nope"');
});

test('OPS-4: no cause is said as such, never invented', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store, null);
  const { out } = await cli(['show', incident.id], { cwd, now });
  expect(out).toContain('Cause    no cause found');
});

test('UX-20: -o json is one object of the read API', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const { out } = await cli(['show', incident.id, '-o', 'json'], { cwd, now });
  expect(JSON.parse(out)).toMatchObject({ id: incident.id, cause: incident.cause, report: '/reports/index.html' });
});

test('OPS-4: text of a cluster cannot control the terminal', async () => {
  const { cwd, store } = await stateDir();
  await receive(store, [signal({ cluster: 'main', context: 'bad\u001b[2Jtext\nForged   line' })], { owner: owner() });
  const [detail] = (await store.incidents({ limit: 1 })).items;
  const { out } = await cli(['show', detail?.incident.id ?? ''], { cwd, now });
  expect(out).not.toContain('\u001b');
  expect(out).not.toMatch(/^Forged/m);
});

test('INT-6, INT-3: what people did stands there with who, when and what they said, and how it was opened again', async () => {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store);
  const at = (minutes: number): number => startOfTime + minutes * minute;
  await store.orderIncident(id, { kind: 'ack', by: 'ana', comment: 'on it' }, at(3));
  const matchers = parseMatchers('cluster=main');
  const span = { startsAt: at(4), endsAt: at(20) };
  await store.addSilence({ matchers, ...span, author: 'bo', comment: 'a move', way: 'cli' }, at(4));
  await store.giveFeedback(id, { rating: 'wrong', by: 'cy', comment: 'it was the proxy' }, at(5));
  await store.orderIncident(id, { kind: 'resolve', by: 'ana', comment: 'the proxy is back' }, at(6));
  const ended = await cli(['show', id], { cwd, now: at(7) });
  expect(ended.out).toContain('Status   resolved for 1m, by ana: the proxy is back\n');
  expect(ended.out).toContain('Said     cy says that this is wrong: it was the proxy.\n');
  await receive(store, [signal({ cluster: 'main', pod: 'cart-2' })], { owner: owner() }, at(30));
  const { out } = await cli(['show', id], { cwd, now: at(31) });
  const lines = /What people did\n([^]*?)\n\n/.exec(out)?.[1]?.split('\n') ?? [];
  expect(lines).toEqual([
    '  - 2026-11-20 09:03:00+00:00 · Acknowledged by ana: on it',
    '  - 2026-11-20 09:04:00+00:00 · Silenced by bo until 2026-11-20 09:20:00+00:00 on the command line: a move',
    '  - 2026-11-20 09:05:00+00:00 · cy says that the cause is wrong: it was the proxy',
    '  - 2026-11-20 09:06:00+00:00 · Resolved by ana: the proxy is back',
    '  - 2026-11-20 09:20:00+00:00 · The silence of bo ended: its time was over',
    '  - 2026-11-20 09:30:00+00:00 · Opened again: CrashLoop on Pod payments/cart-2 was seen, and ana had called it over: the proxy is back',
  ]);
  const json = JSON.parse((await cli(['show', id, '-o', 'json'], { cwd, now: at(31) })).out) as IncidentJson;
  expect(json.acts.map(({ by, comment }) => [by, comment])).toEqual([
    ['ana', 'on it'],
    ['ana', 'the proxy is back'],
  ]);
  expect(json.reopenings).toMatchObject([{ fault_type: 'CrashLoop', goes_on: false, end_reason: 'by ana' }]);
});

test('INT-6: of an incident after one that a person called over it is said who had', async () => {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store);
  await store.orderIncident(id, { kind: 'resolve', by: 'ana', comment: '' }, now);
  const later = now + 90 * minute;
  const [again] = await receive(store, [signal({ cluster: 'main' })], { owner: owner() }, later);
  const { out } = await cli(['show', again?.incidentId ?? ''], { cwd, now: later });
  expect(out).toContain(`Before   ${id}, which ana had called over\n`);
});

test('OPS-4: before an answer, and where nobody did anything, nothing of it stands there', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const { out } = await cli(['show', incident.id], { cwd, now });
  expect(out).not.toMatch(/What people did|Said/);
  await store.resolveIncident(incident.id, 'cleared', now);
  const later = now + 20 * minute;
  await receive(store, [signal({ cluster: 'main' })], { owner: owner() }, later);
  expect((await store.incident(incident.id))?.incident.reopenings).toHaveLength(1);
  const again = await cli(['show', incident.id], { cwd, now: later });
  expect(again.out).not.toMatch(/What people did|Said/);
});

test('UX-20: what people wrote cannot steer the terminal', async () => {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store);
  const hostile = 'x\u001b]0;owned\u0007\u009b31m\nForged';
  await store.orderIncident(id, { kind: 'resolve', by: hostile, comment: hostile }, now);
  await store.giveFeedback(id, { rating: 'wrong', by: hostile, comment: hostile }, now);
  for (const command of ['show', 'report']) {
    const { out, err } = await cli([command, id], { cwd, now });
    expect(`${out}${err}`).toContain('Forged');
    expect(`${out}${err}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|^Forged/m);
  }
});
