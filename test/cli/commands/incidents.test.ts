import { renameSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandWords } from '../../../src/lib/process/command-line.ts';
import { receive } from '../../storage/store-fixture.ts';
import { cli } from '../../support/cli-run.ts';
import { minimal } from '../../support/config-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { owner, signal } from '../../support/signals.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';

test('OPS-4: says in a few lines what broke, why, since when, and what to run next', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const { code, out, err } = await cli(['incidents'], { cwd, now });
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^AGE +SEVERITY +STATUS +CLUSTER +INCIDENT$/);
  expect(lines[1]).toMatch(new RegExp(`^[45]m +${incident.severity} +reported +main +${incident.title.slice(0, 9)}`));
  expect(lines[2]).toBe('     ConfigMap shop/settings has no key REDIS_URL (evident)');
  expect(lines[3]).toBe(`     ${incident.id}`);
  expect(err).toContain(`next: nightcrier show ${incident.id}`);
});

test('UX-2: with --config, each hint is a command that finds the same incidents', async () => {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store);
  renameSync(path.join(cwd, 'nightcrier.yaml'), path.join(cwd, 'my fleet.yaml'));
  const world = { cwd, now };
  const { err } = await cli(['incidents', '--config', 'my fleet.yaml'], world);
  const words = commandWords(/^next: nightcrier (.*)$/m.exec(err)?.[1] ?? '') ?? [];
  expect(words).toEqual(['--config', 'my fleet.yaml', 'show', id]);
  const shown = await cli(words, world);
  expect(shown.code).toBe(0);
  expect(shown.err).toContain(`next: nightcrier --config 'my fleet.yaml' report ${id}`);
  const unknown = await cli(['show', 'inc_none', '--config', 'my fleet.yaml'], world);
  expect(unknown.err).toContain("fix: nightcrier --config 'my fleet.yaml' incidents lists them");
});

test('OPS-4 UX-20: reads beside a running daemon without its secrets; data is on stdout, talk on stderr', async () => {
  const { cwd } = await stateDir();
  const { code, out, err } = await cli(['incidents'], { cwd, now });
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(err).toContain('no incidents');
});

test('OPS-4: leaves out what ended unless asked, and filters', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  await store.resolveIncident(incident.id, 'cleared', now);
  expect((await cli(['incidents'], { cwd, now })).out).toBe('');
  expect((await cli(['incidents', '--all'], { cwd, now })).out).toContain('resolved');
  expect((await cli(['incidents', '--status', 'resolved'], { cwd, now })).out).toContain(incident.id);
  expect((await cli(['incidents', '--status', 'open'], { cwd, now })).out).toBe('');
});

test('OPS-4: says when there are more than are shown, and from where to go on', async () => {
  const { cwd, store } = await stateDir();
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
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
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
  const { cwd } = await stateDir();
  const unknown = await cli(['incidents', '--cluster', 'mian'], { cwd });
  expect(unknown).toMatchObject({ code: 2, out: '' });
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
