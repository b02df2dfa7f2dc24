import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { startDashboard } from '../../support/dashboard-fixture.ts';
import { type HealthFixture, sampleStatus } from '../../support/health-fixture.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function page(path: string): Promise<string> {
  const answer = await fixture?.get(path, { headers: { accept: 'text/html' } });
  return (await answer?.text()) ?? '';
}

function names(text: string): string[] {
  return [...text.matchAll(/class="object" href="\/clusters\/([^"]+)"/g)].map((match) => match[1] ?? '');
}

test('OPS-3: of a thousand clusters each is on one page, what is not well first, and pages stay small', async () => {
  fixture = await startDashboard({ clusters: 1000, incidents: 3000 });
  const met: string[] = [];
  let next: string | undefined = '/clusters';
  while (next !== undefined) {
    const text = await page(next);
    expect(gzipSync(text).length).toBeLessThan(40 * 1024);
    met.push(...names(text));
    next = /href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(new Set(met).size).toBe(1000);
  expect(met).toHaveLength(1000);
  expect(met.slice(0, 3)).toEqual(['prod-3', 'prod-13', 'prod-23']);
  const now = await page('/');
  expect(gzipSync(now).length).toBeLessThan(40 * 1024);
  expect(now.match(/data-incident=/g)).toHaveLength(100);
  // All clusters together are four parts of a line.
  const line = /<svg class="strip"[^]*?<\/svg>/.exec(now)?.[0] ?? '';
  expect(line.match(/<rect /g)).toHaveLength(3);
  expect(now).toMatch(/100 <span class="state bad"/);
});

test('OPS-3: clusters are found by name, environment, label and state', async () => {
  fixture = await startDashboard({ clusters: 40 });
  const odd = sampleStatus({ cluster: 'lab', environment: 'test', labels: { team: 'search' } });
  fixture.statuses = [...fixture.statuses, odd];
  expect(names(await page('/clusters?q=TEST'))).toEqual(['lab']);
  expect(names(await page('/clusters?q=team%3Dsearch'))).toEqual(['lab']);
  expect(names(await page('/clusters?q=prod-1+production'))).toHaveLength(11);
  expect(names(await page('/clusters?is=blind'))).toEqual(['prod-3', 'prod-13', 'prod-23', 'prod-33']);
  expect(await page('/clusters?q=%3Cb%3E&is=quiet')).toMatch(/value="&lt;b>"[^]*No cluster fits/);
  expect(await page('/clusters?from=x')).toContain('prod-3');
});

test('OPS-3: a filter is so long at most: each of its words is looked for in every cluster', async () => {
  fixture = await startDashboard({ clusters: 2 });
  const text = await page(`/clusters?q=${'p+'.repeat(3000)}nothing`);
  expect(text).toContain(`value="${'p '.repeat(100)}"`);
  expect(names(text)).toHaveLength(2);
});
