import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { receive } from '../../storage/store-fixture.ts';
import { cli } from '../../support/cli-run.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import { owner, signal } from '../../support/signals.ts';
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
