import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { storedFilePolicy } from '../../src/lib/http/stored-file.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import { storeProblems } from '../../src/storage/errors.ts';
import { HealthFixture } from '../support/health-fixture.ts';
import { answeredIncident } from '../support/incident-samples.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

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

describe('STO-2: stored files', () => {
  test.each(['/reports/prod-eu/inc_01K9Z3W8Q4', '/i/inc_01K9Z3W8Q4/files'])(
    '%s: they come with a policy that lets nothing run, and never as another type',
    async (folder) => {
      fixture = await HealthFixture.start();
      fixture.reader.details = [{ incident: answeredIncident(), faults: [], runs: [] }];
      const base = 'prod-eu/inc_01K9Z3W8Q4';
      fixture.files.set(`${base}/index.html`, '<script>alert(1)</script>');
      fixture.files.set(`${base}/verdict.json`, '{}');
      fixture.files.set(`${base}/evidence/logs/a/b.log`, '<script>');
      fixture.files.set(`${base}/evidence/x.svg`, '<svg onload="alert(1)"/>');
      fixture.files.set(`${base}/evidence/pod.constructor`, 'x');
      const types: [string, string][] = [
        ['index.html', 'text/html; charset=utf-8'],
        ['verdict.json', 'application/json; charset=utf-8'],
        ['evidence/logs/a/b.log', 'text/plain; charset=utf-8'],
        ['evidence/x.svg', 'text/plain; charset=utf-8'],
        ['evidence/pod.constructor', 'text/plain; charset=utf-8'],
      ];
      for (const [file, type] of types) {
        const response = await fixture.get(`${folder}/${file}`);
        expect([file, response.status, response.headers.get('content-type')]).toEqual([file, 200, type]);
        expect(response.headers.get('content-security-policy')).toBe(storedFilePolicy);
        expect(response.headers.get('x-content-type-options')).toBe('nosniff');
        expect(await response.text()).toBe(fixture.files.get(`${base}/${file}`));
      }
      expect((await fixture.get(`${folder}/evidence/none.json`)).status).toBe(404);
      for (const part of ["default-src 'none'", 'sandbox', "form-action 'none'", "frame-ancestors 'none'"]) {
        expect(storedFilePolicy).toContain(part);
      }
      // No script runs in a sandbox that does not allow it, whatever else it allows.
      expect(storedFilePolicy).not.toContain('allow-scripts');
    },
  );

  test.each(['/i/inc_1/files/index.html', '/reports/prod-eu/inc_1/index.html'])(
    'STO-1: %s says so when the place of the reports cannot be reached',
    async (path) => {
      const gone = new ProblemError(storeProblems.azure, 'artifacts of inc_1 cannot be read: ECONNREFUSED');
      fixture = await HealthFixture.start({ artifacts: { get: () => Promise.reject(gone) } });
      fixture.reader.details = [{ incident: answeredIncident({ id: 'inc_1' }), faults: [], runs: [] }];
      const response = await fetch(`${fixture.url}${path}`);
      expect(response.status).toBe(503);
      expect(await response.text()).toContain('NC-STORE-010');
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
    '/i/inc_1/files/..%2f..%2fsecret',
    '/i/inc_1/files/%2e%2e/secret',
    '/i/inc_1/files/a%5c..%5csecret',
    '/i/inc_1/files//etc/passwd',
    '/i/inc_1/files/',
  ])('%s asks the store for nothing', async (path) => {
    const asked: string[] = [];
    fixture = await HealthFixture.start({
      artifacts: {
        get: async (...args) => {
          asked.push(args.join('/'));
          return null;
        },
      },
    });
    fixture.reader.details = [{ incident: answeredIncident({ id: 'inc_1' }), faults: [], runs: [] }];
    expect(await rawStatus(fixture.url, path)).toBe(404);
    expect(asked).toEqual([]);
  });
});
