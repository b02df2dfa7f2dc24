import { Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { notifyMetrics } from '../../src/notify/metrics.ts';
import { HealthFixture } from '../support/health-fixture.ts';
import { lintMetrics, seriesPerCluster } from '../support/metrics-lint.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function scrape(): Promise<string> {
  fixture = await HealthFixture.start();
  notifyMetrics({
    registry: fixture.registry,
    integrations: () => [{ integration: 'slack', target: 'slack' }],
    counters: () => fixture!.reader.counters(),
  });
  await fixture.get('/health/live');
  await fixture.get('/nothing');
  const response = await fixture.get('/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}

describe('metrics', () => {
  test('UX-22, OPS-2: names, help and units follow the rules of Prometheus', async () => {
    const text = await scrape();
    expect(lintMetrics(text)).toEqual([]);
    expect(text).toContain('nightcrier_build_info{version="1.2.3",node="24.');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('nightcrier_http_requests_total{handler="/health/live",method="GET",code="200"} 1');
    expect(text).toContain('nightcrier_http_requests_total{handler="unknown",method="GET",code="404"} 1');
  });

  test('UX-22: known labels are there from the start, at 0', async () => {
    const text = await scrape();
    expect(text).toContain('nightcrier_notifications_failed_total{integration="slack",reason="rate_limited"} 0');
    expect(text).toContain('nightcrier_notifications_total{integration="slack",kind="clusters_unreachable"} 0');
    expect(text).toContain('nightcrier_event_streams_dropped_total{reason="slow"} 0');
  });

  test('UX-22: at most 8 series a cluster', async () => {
    expect(Math.max(0, ...seriesPerCluster(await scrape()).values())).toBeLessThanOrEqual(8);
  });

  test('paths of callers do not become labels', async () => {
    fixture = await HealthFixture.start();
    for (let index = 0; index < 20; index++) await fixture.get(`/api/incidents/inc_${index}`);
    const text = await fixture.registry.metrics();
    expect(text.match(/nightcrier_http_requests_total\{/g)).toHaveLength(1);
  });

  test('the lint finds what it looks for', () => {
    const bad = [
      '# HELP nightcrier_thing_count Things.\n# TYPE nightcrier_thing_count counter\nnightcrier_thing_count 1',
      '# TYPE nightcrier_y_total counter\nnightcrier_y_total 1',
      '# HELP nightcrier_wait_ms Wait.\n# TYPE nightcrier_wait_ms gauge\nnightcrier_wait_ms 1',
      '# HELP nightcrier_d_seconds D.\n# TYPE nightcrier_d_seconds histogram\nnightcrier_d_seconds_bucket{le="1",cluster="a"} 1',
      '# HELP other_thing T.\n# TYPE other_thing gauge\nother_thing 1',
    ];
    for (const text of bad) expect(lintMetrics(text)).toHaveLength(1);
    expect(seriesPerCluster('a{cluster="x"} 1\nb{cluster="x",k="1"} 1\nb{cluster="y"} 2')).toEqual(
      new Map([
        ['x', 2],
        ['y', 1],
      ]),
    );
    expect(new Registry().contentType).toContain('version=0.0.4');
  });
});
