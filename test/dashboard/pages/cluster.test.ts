import { afterEach, expect, test } from 'vitest';
import { startDashboard } from '../../support/dashboard-fixture.ts';
import type { HealthFixture } from '../../support/health-fixture.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function shown(name: string): Promise<{ status: number; text: string }> {
  const answer = await fixture?.get(`/clusters/${name}`, { headers: { accept: 'text/html' } });
  return { status: answer?.status ?? 0, text: (await answer?.text()) ?? '' };
}

/** What stands beside a word of a list of facts, without markup. */
function fact(text: string, name: string): string {
  const found = new RegExp(`<dt>${name}</dt><dd>([^]*?)</dd>`).exec(text)?.[1] ?? '';
  return found.replaceAll(/<[^>]+>/g, '').trim();
}

test('OPS-3: a cluster says what its credential may and may not, both ways', async () => {
  fixture = await startDashboard();
  const { text } = await shown('prod-eu');
  expect(fact(text, 'It can read')).toBe('pods, logs of pods, events, deployments, config maps');
  expect(fact(text, 'It cannot read')).toBe('services, secrets');
  expect(fact(text, 'Unknown')).toBe('nodes');
  expect(fact(text, 'It can change')).toBe('delete deployments.apps');
  expect((await shown('prod-7')).text).toContain('Nobody has answered yet what the credential may do.');
});

test('OPS-3: a cluster says how its connection went, newest first, and what agents spent', async () => {
  fixture = await startDashboard();
  fixture.reader.daily = [
    {
      day: '2026-11-20',
      cluster: 'prod-eu',
      agent: 'a',
      runs: 2,
      usd: 1.5,
      tokens: { input: 1, cached: 0, output: 1 },
    },
  ] as unknown as typeof fixture.reader.daily;
  const { text } = await shown('prod-eu');
  expect(text).toMatch(/>not heard<[^]*ECONNREFUSED &lt;a[^]*NC-CLUSTER-002[^]*heard, by push<\/td>/);
  expect(fact(text, 'Spent')).toContain('$1.50 of $5.00 a day');
  expect(fact(text, 'Runs')).toBe('2, at most 4 an hour');
  expect((await shown('prod-3')).text).toContain('the next attempt is');
});

test('OPS-3: what stands, and what became of faults, is on the page; an unknown cluster has none', async () => {
  fixture = await startDashboard();
  const { text } = await shown('prod-eu');
  expect(text).toMatch(/data-incident="inc_1"[^]*below threshold[^]*href="\/not-told\?cluster=prod-eu"/);
  expect((await shown('nowhere')).status).toBe(404);
});
