import { expect, test } from 'vitest';
import { faultsOverTime } from '../../../src/dashboard/parts/faults-over-time.ts';
import type { FaultRate, FaultRateQuery } from '../../../src/domain/history.ts';
import { minute, startOfTime as now } from '../../support/signals.ts';
import { rendered } from '../../support/rendered.ts';

const rate = (cluster: string, minutesAgo: number, count: number): FaultRate => ({
  cluster,
  from: Math.floor((now - minutesAgo * minute) / (30 * minute)) * 30 * minute,
  source: 'push',
  count,
});

async function chart(rates: readonly FaultRate[], cluster: string | null = null) {
  const asked: FaultRateQuery[] = [];
  const reader = { faultRates: async (query: FaultRateQuery) => (asked.push(query), rates) };
  const over = { now, hours: 24, cluster };
  return { page: rendered(await faultsOverTime(reader, over)), asked };
}

const bars = (page: string, style: string) =>
  [
    ...page.matchAll(new RegExp(`<rect class="${style}" x="(\\d+)" y="([\\d.]+)" width="8" height="([\\d.]+)"`, 'g')),
  ].map(([, x, y, height]) => [Number(x), Number(y), Number(height)]);

test('OPS-3: faults by cluster are bars whose heights are their shares of the most, one above the other', async () => {
  const { page, asked } = await chart([rate('east', 0, 30), rate('west', 0, 10), rate('east', 24 * 60 - 30, 4)]);
  expect(asked).toEqual([{ since: now - 47 * 30 * minute, stretchMs: 30 * minute, clusters: 5 }]);
  expect(bars(page, 'series-1')).toEqual([
    [1, 90, 10],
    [471, 25, 75],
  ]);
  expect(bars(page, 'series-2')).toEqual([[471, 0, 25]]);
});

test('OPS-3: one fault beside thousands is seen, and no bar leaves the picture', async () => {
  const { page } = await chart([rate('loud', 0, 100_000), rate('quiet', 0, 1), rate('', 0, 1)]);
  const [[, , loud = 0] = []] = bars(page, 'series-1');
  const [[, , quiet = 0] = []] = bars(page, 'series-2');
  const [[, top = -1, others = 0] = []] = bars(page, 'others');
  expect(quiet).toBeGreaterThan(1);
  expect([top, Math.round(loud + quiet + others)]).toEqual([0, 100]);
});

test('UX-21: the picture has a title and words, and the same is a table; what is not told apart is named so', async () => {
  const { page } = await chart([rate('', 60, 3), rate('a<b>"&', 60, 2), rate('a<b>"&', 0, 5)]);
  expect(page).toMatch(/<svg [^>]*role="img" aria-labelledby="chart-title chart-text"/);
  expect(page).toContain('<title id="chart-title">Faults in the last 24 hours by cluster</title>');
  expect(page).toContain('10 faults: a&lt;b>&quot;&amp; 7, other clusters 3. Most at 2026-11-20 08:00 UTC: 5.');
  expect(page).toMatch(/<th scope="col">From<\/th><th scope="col">All<\/th><th scope="col">a&lt;b>&quot;&amp;<\/th>/);
  expect(page).toMatch(/<td data-label="All">5<\/td><td data-label="a&lt;b>&quot;&amp;">2<\/td>/);
  expect(page.match(/<th scope="row">/g)).toHaveLength(2);
  expect(page).toContain('href="/clusters/a%3Cb%3E%22%26"');
  expect(page).not.toContain(' style=');
});

test('OPS-3: stretches that the store made longer are counted in the bar in which they begin', async () => {
  const long = [{ cluster: 'a', from: now - 60 * minute, source: 'sweep', count: 7 } as const];
  const { page } = await chart([...long, rate('a', 60, 1)], 'a');
  expect(bars(page, 'series-1')).toEqual([[451, 0, 100]]);
});

test('OPS-3: without faults it says so, and draws nothing', async () => {
  const { page } = await chart([]);
  expect(page).toContain('No fault was received.');
  expect(page).not.toContain('<svg');
});
