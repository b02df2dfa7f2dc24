import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { reportPolicy } from '../../src/health/reports.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import { storeProblems } from '../../src/storage/errors.ts';
import { HealthFixture } from '../support/health-fixture.ts';
import { answeredIncident, sampleFault, sampleIncident } from '../support/incident-samples.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function start(): Promise<HealthFixture> {
  fixture = await HealthFixture.start();
  return fixture;
}

/** A path as it is, without what fetch tidies up. */
function rawStatus(url: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('what messages link to', () => {
  test('NOT-1, STO-2: an incident leads to its stored page, its report to the report', async () => {
    const f = await start();
    f.reader.details = [{ incident: answeredIncident(), faults: [], runs: [] }];
    f.files.set('prod-eu/inc_01K9Z3W8Q4/index.html', '<p>index');
    f.files.set('prod-eu/inc_01K9Z3W8Q4/investigation.html', '<p>report');
    const page = await f.get('/i/inc_01K9Z3W8Q4');
    expect([page.status, page.headers.get('location')]).toEqual([302, '/reports/prod-eu/inc_01K9Z3W8Q4/index.html']);
    const report = await f.get('/i/inc_01K9Z3W8Q4/report');
    expect(report.headers.get('location')).toBe('/reports/prod-eu/inc_01K9Z3W8Q4/investigation.html');
    const stored = await f.get(report.headers.get('location') ?? '');
    expect(await stored.text()).toBe('<p>report');
  });

  test('NOT-1: an incident without a report has a page, without a script and with every text escaped', async () => {
    const f = await start();
    const hostile = '<script>alert(1)</script><img src=x onerror=alert(1)> "\'&\u001b[31m';
    f.reader.details = [
      {
        incident: sampleIncident({ title: hostile, environment: hostile }),
        faults: [sampleFault({ context: hostile })],
        runs: [],
      },
    ];
    const page = await f.get('/i/inc_01K9Z3W8Q4');
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toBe(reportPolicy);
    expect(text).toContain('&lt;script&gt;');
    expect(text).not.toMatch(/<script|<img|\u001b/);
    expect((await f.get('/i/inc_01K9Z3W8Q4/report')).headers.get('location')).toBe('/i/inc_01K9Z3W8Q4');
    expect((await f.get('/i/inc_none')).status).toBe(404);
    expect((await f.get('/i/inc_none/report')).status).toBe(404);
  });

  test('STO-2: stored files come with a policy that lets nothing run, and never as another type', async () => {
    const f = await start();
    const base = 'prod-eu/inc_01K9Z3W8Q4';
    f.files.set(`${base}/index.html`, '<script>alert(1)</script>');
    f.files.set(`${base}/verdict.json`, '{}');
    f.files.set(`${base}/evidence/logs/a/b.log`, '<script>');
    f.files.set(`${base}/evidence/x.svg`, '<svg onload="alert(1)"/>');
    f.files.set(`${base}/evidence/pod.constructor`, 'x');
    const types: [string, string][] = [
      ['index.html', 'text/html; charset=utf-8'],
      ['verdict.json', 'application/json; charset=utf-8'],
      ['evidence/logs/a/b.log', 'text/plain; charset=utf-8'],
      ['evidence/x.svg', 'text/plain; charset=utf-8'],
      ['evidence/pod.constructor', 'text/plain; charset=utf-8'],
      ['', 'text/html; charset=utf-8'],
    ];
    for (const [file, type] of types) {
      const response = await f.get(`/reports/${base}/${file}`);
      expect([file, response.status, response.headers.get('content-type')]).toEqual([file, 200, type]);
      expect(response.headers.get('content-security-policy')).toBe(reportPolicy);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      await response.arrayBuffer();
    }
    expect(reportPolicy).toContain("default-src 'none'");
    expect(reportPolicy).toContain('sandbox');
  });

  test.each(['/i/inc_1', '/i/inc_1/report', '/reports/prod-eu/inc_1/index.html'])(
    'STO-1: %s says so when the place of the reports cannot be reached',
    async (path) => {
      const gone = new ProblemError(storeProblems.azure, 'artifacts of inc_1 cannot be read: ECONNREFUSED');
      fixture = await HealthFixture.start({ artifacts: { get: () => Promise.reject(gone) } });
      fixture.reader.details = [{ incident: answeredIncident({ id: 'inc_1' }), faults: [], runs: [] }];
      const response = await fetch(`${fixture.url}${path}`);
      expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'NC-STORE-010' } }]);
    },
  );

  test.each([
    '/reports/prod-eu/inc_1/../../secret',
    '/reports/prod-eu/inc_1/%2e%2e/%2e%2e/secret',
    '/reports/prod-eu/inc_1/..%2f..%2fsecret',
    '/reports/prod-eu/inc_1/a%5c..%5csecret',
    '/reports/prod-eu/inc_1/a%00b',
    '/reports/prod-eu/inc_1//etc/passwd',
    '/reports/prod-eu/../inc_1/secret',
    '/reports/%2e%2e/inc_1/secret',
    '/reports/prod-eu/..%2fx/secret',
  ])('STO-2: %s asks the store for nothing', async (path) => {
    const asked: string[] = [];
    fixture = await HealthFixture.start({
      artifacts: {
        get: async (...args) => {
          asked.push(args.join('/'));
          return null;
        },
      },
    });
    expect(await rawStatus(fixture.url, path)).toBe(404);
    expect(asked).toEqual([]);
  });
});
