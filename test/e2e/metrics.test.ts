import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startFleet } from '../../src/demo/fleet.ts';
import { appOver } from '../support/app-bench.ts';
import { lintMetrics, seriesPerCluster } from '../support/metrics-lint.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const page = path.join(import.meta.dirname, '..', '..', 'docs', 'metrics.md');

test('OPS-2: a scrape of the demo fleet keeps the naming rules, is bounded per cluster, and is what docs/metrics.md lists', async () => {
  const fleet = await startFleet({ pace: 10 });
  onTestFinished(() => fleet.close());
  const app = await appOver({ fleet, dir: tempDir() });
  try {
    await app.start();
    await fleet.play(AbortSignal.timeout(30_000));
    const answered = async () =>
      (await app.store.incidents({ limit: 100 })).items.filter(({ incident }) => incident.report !== null).length;
    await waitUntil(async () => (await answered()) >= fleet.expected.length, 'all reports', 40_000);
    const text = await (await fetch(`${app.url}/metrics`)).text();
    expect(lintMetrics(text)).toEqual([]);
    // The outcomes of a cluster are as many series as it has had different ones: the contract names them so. The
    // severities of its incidents are three at most, and none while nothing stands.
    const byWhatHappened = /^nightcrier_(?:fault_outcomes_total|incidents_live)\{.*$/gm;
    const severities = seriesPerCluster((text.match(/^nightcrier_incidents_live\{.*$/gm) ?? []).join('\n'));
    expect(severities.size).toBeGreaterThan(0);
    for (const count of severities.values()) expect(count).toBeLessThanOrEqual(3);
    const series = seriesPerCluster(text.replaceAll(byWhatHappened, ''));
    expect(series.size).toBe(fleet.clusters.length);
    for (const count of series.values()) expect(count).toBeLessThanOrEqual(8);
    expect(listed()).toEqual(scraped(text));
    const named = readFileSync(page, 'utf8').match(/nightcrier_\w+/g) ?? [];
    expect(named.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  } finally {
    await app.stop();
  }
}, 90_000);

/** `name | type | help` of each metric of ours, by name. */
function scraped(text: string): string[] {
  const help = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, said]) => [name, said]));
  return [...text.matchAll(/^# TYPE (nightcrier_\S+) (\S+)$/gm)]
    .map(([, name, type]) => `${name} | ${type} | ${help.get(name)}`)
    .sort();
}

function listed(): string[] {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `(nightcrier_\w+)` +\| (\w+) +\| (.*?) +\|$/gm);
  return [...rows].map(([, name, type, help]) => `${name} | ${type} | ${help}`).sort();
}
