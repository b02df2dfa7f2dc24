import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { receive } from '../../storage/store-fixture.ts';
import { cli } from '../../support/cli-run.ts';
import { owner, signal } from '../../support/signals.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';

const markdown = '# CrashLoop · shop/cart\n\n## Triage card\n\n- **Why**: no key &lt;REDIS_URL&gt;\n';

/** A state with an answered incident whose report is stored. */
async function reported(text = markdown) {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const folder = path.join(cwd, 'data/artifacts/main', incident.id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'investigation.md'), text);
  return { cwd, store, incident };
}

test('OPS-4: report shows what became of the incident, then its report', async () => {
  const { cwd, incident } = await reported();
  const { code, out } = await cli(['report', incident.id.slice(-8)], { cwd, now });
  expect(code).toBe(0);
  expect(out).toBe(
    `${incident.id} · reported for 3m\n\nCrashLoop · shop/cart\n\nTriage card\n\n- Why: no key <REDIS_URL>\n`,
  );
});

test('OPS-4: after the end it says how it ended', async () => {
  const { cwd, store, incident } = await reported();
  await store.resolveIncident(incident.id, 'cleared', now);
  const { out } = await cli(['report', incident.id], { cwd, now: now + 60_000 });
  expect(out.split('\n')[0]).toBe(`${incident.id} · resolved for 1m, cleared`);
});

test('OPS-4: on a terminal it goes to the pager, and is printed when there is none', async () => {
  const { cwd, incident } = await reported();
  const paged: string[] = [];
  const page = (is: boolean) => async (text: string) => {
    paged.push(text);
    return is;
  };
  const world = { cwd, now, tty: true, columns: 80, env: { NO_COLOR: '1' } };
  const inPager = await cli(['report', incident.id], { ...world, page: page(true) });
  expect(inPager).toMatchObject({ code: 0, out: '' });
  expect(paged[0]).toContain('- Why: no key <REDIS_URL>\n');
  const printed = await cli(['report', incident.id], { ...world, page: page(false) });
  expect(printed.out).toBe(paged[1]);
  // Data for a program is never paged.
  const raw = await cli(['report', incident.id, '--raw'], { ...world, page: page(true) });
  expect(raw.out).toBe(markdown);
  const json = await cli(['report', incident.id, '-o', 'json'], { ...world, page: page(true) });
  expect(JSON.parse(json.out)).toEqual({ id: incident.id, cluster: 'main', status: 'reported', report: markdown });
  expect(paged).toHaveLength(2);
});

test('OPS-4: one that waits to be stored is read where the run left it', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const run = (await store.incident(incident.id))?.runs.at(-1);
  const output = path.join(cwd, 'data/workspaces', incident.id, run?.id ?? '', 'output');
  mkdirSync(output, { recursive: true });
  writeFileSync(path.join(output, 'investigation.md'), '# Waits\n');
  expect((await cli(['report', incident.id, '--raw'], { cwd, now })).out).toBe('# Waits\n');
});

test('OPS-4: where there is no report, why is said, and what to do', async () => {
  const { cwd, store } = await stateDir();
  await receive(store, [signal({ cluster: 'main' })], { owner: owner() });
  const [open] = (await store.incidents({ limit: 1 })).items;
  const id = open?.incident.id ?? '';
  const waits = await cli(['report', id], { cwd, now });
  expect(waits).toMatchObject({ code: 1, out: '' });
  expect(waits.err).toBe(
    `error: ${id} is ${open?.incident.status}: there is no report yet\n    fix: nightcrier show ${id}\n    NC-CLI-024\n`,
  );
  await store.resolveIncident(id, 'cleared', now);
  const gone = await cli(['report', id], { cwd, now });
  expect(gone.err).toContain(`${id} is resolved (cleared), and no report of it is stored`);
  expect((await cli(['report', 'inc_nope'], { cwd, now })).err).toContain('NC-CLI-002');
});

test('OPS-4: that a person says that the cause is wrong stands above a report, and where it cannot be read', async () => {
  const { cwd, store, incident } = await reported();
  const said = 'ana says that this is wrong: it was the proxy.';
  await store.giveFeedback(incident.id, { rating: 'wrong', by: 'ana', comment: 'it was the proxy' }, now);
  expect((await cli(['report', incident.id], { cwd, now })).out.split('\n')[1]).toBe(said);
  expect((await cli(['report', incident.id, '--raw'], { cwd, now })).out).toBe(markdown);
  rmSync(path.join(cwd, 'data/artifacts'), { recursive: true });
  const evicted = await cli(['report', incident.id], { cwd, now });
  expect(evicted).toMatchObject({ code: 1, out: '' });
  expect(evicted.err).toMatch(
    new RegExp(`^cause: ConfigMap shop/settings has no key REDIS_URL.*\n${said}\nerror: .*no report of it is stored`),
  );

  await receive(store, [signal({ cluster: 'main', pod: 'other' })], { owner: owner('other') }, now);
  const waits = (await store.incidents({ limit: 2 })).items.find(({ incident: one }) => one.cause === null);
  await store.giveFeedback(waits?.incident.id ?? '', { rating: 'wrong', by: 'ana', comment: '' }, now);
  const early = await cli(['report', waits?.incident.id ?? ''], { cwd, now });
  expect(early.err).toMatch(/^ana says that this is wrong\.\nerror: .*there is no report yet/);
});

test('INT-6: after a person called it over, who did and with which words stands above its report', async () => {
  const { cwd, store, incident } = await reported();
  await store.orderIncident(incident.id, { kind: 'resolve', by: 'ana', comment: 'the key is back' }, now);
  const { out } = await cli(['report', incident.id], { cwd, now: now + 60_000 });
  expect(out.split('\n')[0]).toBe(`${incident.id} · resolved for 1m, by ana: the key is back`);
});

test('OPS-4: what a cluster wrote into a report cannot steer the terminal', async () => {
  const { cwd, incident } = await reported('# a\u001b[2J\n\n```\n\u009b31m\u0007\n```\n');
  for (const argv of [[], ['--raw'], ['-o', 'json']]) {
    const { code, out } = await cli(['report', incident.id, ...argv], { cwd, now });
    expect(code).toBe(0);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});
