import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { DailySpend } from '../../src/domain/agent-limits.ts';
import { dailySpendSchema } from '../../src/domain/wire/spend.ts';
import { unknownPermissions } from '../../src/domain/permissions.ts';
import { StoreUnavailableError } from '../../src/domain/state-store.ts';
import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import { HealthFixture, sampleStatus } from '../support/health-fixture.ts';
import { breakerProblems } from '../../src/triage/errors.ts';
import {
  answeredIncident,
  sampleBreaker,
  sampleFault,
  sampleIncident,
  sampleRun,
  sampleTime,
} from '../support/incident-samples.ts';
import { sampleListedFault } from '../support/listed-fault-sample.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function start(over: Partial<HealthServerOptions> = {}): Promise<HealthFixture> {
  fixture = await HealthFixture.start(over);
  return fixture;
}

/** A request with a Host header of its own, which fetch does not send. */
function statusWithHost(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('live and ready', () => {
  test('OPS-1: live answers 200', async () => {
    const f = await start();
    expect((await f.get('/health/live')).status).toBe(200);
  });

  test.each(['/livez', '/healthz', '/readyz'])('OPS-1: %s answers too, and needs no token', async (path) => {
    const f = await start({ token: () => 'secret' });
    f.reasons = ['the state store is not open'];
    const status = path === '/readyz' ? { code: 503, text: 'not ready' } : { code: 200, text: 'live' };
    expect(await f.json(path)).toEqual({ status: status.code, body: { status: status.text } });
  });

  test('OPS-1: ready answers 200, or 503 with the reasons', async () => {
    const f = await start();
    expect(await f.json('/health/ready')).toEqual({ status: 200, body: { status: 'ready', reasons: [] } });
    f.reasons = ['the state store is not open'];
    expect(await f.json('/health/ready')).toEqual({
      status: 503,
      body: { status: 'not ready', reasons: ['the state store is not open'] },
    });
  });
});

describe('clusters', () => {
  test('OPS-1, PER-4: the clusters in the form of the contract', async () => {
    const f = await start();
    const permissions = unknownPermissions('prod-eu', sampleTime, 'no kubectl', false);
    f.statuses = [
      sampleStatus({ permissions }),
      sampleStatus({
        cluster: 'lab',
        environment: null,
        labels: {},
        state: 'failed',
        source: 'none',
        lastEvent: null,
        lastSweep: null,
        error: { code: 'NC-CLUSTER-002', message: 'refused', fix: 'start it' },
        retryAt: sampleTime + 1500,
        triageEnabled: false,
        triageDisabledReason: 'triage.enabled is false',
      }),
    ];
    f.reader.details = [
      { incident: sampleIncident(), faults: [], runs: [] },
      { incident: sampleIncident({ id: 'inc_2', status: 'investigating' }), faults: [], runs: [] },
      { incident: answeredIncident({ id: 'inc_3' }), faults: [], runs: [] },
    ];
    const { status, body } = await f.json('/health/clusters');
    expect(status).toBe(200);
    expect(body['summary']).toEqual({ total: 2, active: 1, unhealthy: 1, triage_enabled: 1 });
    expect(body['clusters']).toEqual([
      {
        name: 'prod-eu',
        environment: 'production',
        labels: { team: 'payments' },
        status: 'active',
        source: 'push',
        since: '2026-11-20T09:00:00.000Z',
        last_event: '2026-11-20T09:00:01.000Z',
        event_count: 12,
        last_sweep: '2026-11-20T09:00:02.000Z',
        reconnects: 1,
        error: null,
        retry_in: null,
        triage_enabled: true,
        triage_disabled_reason: null,
        permissions: { ...permissions },
        problems: [],
        incidents: { open: 3, gathering: 1, queued: 0, investigating: 1, reported: 1, failed: 0 },
        spent_today: { runs: 0, tokens: 0, usd: 0 },
      },
      {
        name: 'lab',
        environment: null,
        labels: {},
        status: 'failed',
        source: 'none',
        since: '2026-11-20T09:00:00.000Z',
        last_event: null,
        event_count: 12,
        last_sweep: null,
        reconnects: 1,
        error: { code: 'NC-CLUSTER-002', message: 'refused', fix: 'start it' },
        retry_in: 2,
        triage_enabled: false,
        triage_disabled_reason: 'triage.enabled is false',
        permissions: null,
        problems: [],
        incidents: { open: 0, gathering: 0, queued: 0, investigating: 0, reported: 0, failed: 0 },
        spent_today: { runs: 0, tokens: 0, usd: 0 },
      },
    ]);
  });

  test('OPS-1: problems are shown with code, fix and since when: those of a cluster there, others on top', async () => {
    const f = await start();
    const said = { code: 'NC-SLACK-001', message: 'Slack answered invalid_auth', fix: 'set the token' };
    const common = { severity: 'error', since: sampleTime } as const;
    f.problems = [
      { cluster: null, ...said, ...common },
      { cluster: 'prod-eu', ...said, code: 'NC-KUBE-022', ...common },
      { cluster: 'gone', ...said, ...common },
    ];
    const { body } = await f.json('/health/clusters');
    const shown = { ...said, severity: 'error', since: new Date(sampleTime).toISOString() };
    expect(body['problems']).toEqual([shown]);
    expect(body['clusters']).toMatchObject([{ name: 'prod-eu', problems: [{ ...shown, code: 'NC-KUBE-022' }] }]);
  });
});

describe('agents', () => {
  test('TRI-7: an agent whose breaker is open is shown, and the daemon stays ready', async () => {
    const used = new Set(['claude']);
    const f = await start();
    f.reader.breakers = [sampleBreaker];
    const { body } = await f.json('/health/clusters');
    expect(body['agents']).toMatchObject([{ name: 'claude', breaker: 'open', failures: 3, fell_back: 5 }]);
    expect((await f.get('/health/ready')).status).toBe(200);
    const message = expect.stringContaining('timed_out: after 600 s') as string;
    expect(breakerProblems([sampleBreaker], used)).toMatchObject([{ code: 'NC-AGENT-020', message }]);
    expect(breakerProblems([sampleBreaker], new Set())).toEqual([]);
    expect(breakerProblems([{ ...sampleBreaker, state: 'closed' }], used)).toEqual([]);
  });

  test('TRI-8: what agents spent by day, cluster and agent', async () => {
    const f = await start();
    const row: DailySpend = {
      day: '2026-11-20',
      cluster: 'prod-eu',
      agent: 'claude',
      runs: 2,
      questions: 1,
      answers: 9,
      tokens: { input: 900, cached: 300, output: 100 },
      usd: 0.5,
      unpriced: 0,
    };
    f.reader.daily = [row];
    const { status, body } = await f.json('/api/spend');
    expect([status, body]).toEqual([200, { spend: [row] }]);
    expect(dailySpendSchema.strict().parse(body['spend'][0])).toEqual(row);
    await f.json('/api/spend?days=1&cluster=prod-eu');
    const day = 86_400_000;
    const today = Math.floor(sampleTime / day) * day;
    expect(f.reader.spendQueries).toEqual([{ since: today - 6 * day }, { since: today, cluster: 'prod-eu' }]);
  });

  test.each(['days=0', 'days=367', 'days=x', 'since=1'])('TRI-8: spend with %s is refused', async (query) => {
    const f = await start();
    expect((await f.json(`/api/spend?${query}`)).status).toBe(400);
  });
});

describe('read API', () => {
  test('OPS-1: incidents with cause, report and runs; filtered and paged', async () => {
    const f = await start();
    f.reader.details = [
      { incident: answeredIncident({ id: 'inc_3' }), faults: [sampleFault()], runs: [sampleRun()] },
      { incident: sampleIncident({ id: 'inc_2', cluster: 'lab' }), faults: [], runs: [] },
      { incident: sampleIncident({ id: 'inc_1' }), faults: [], runs: [] },
    ];
    const all = await f.json('/api/incidents');
    expect(all.body['incidents']).toHaveLength(3);
    expect(all.body['next']).toBeNull();
    expect(all.body['incidents'][0]).toMatchObject({
      id: 'inc_3',
      status: 'reported',
      confidence: 'high',
      report: '/data/artifacts/prod-eu/inc_01K9Z3W8Q4/investigation.html',
      faults: [{ fault_type: 'CrashLoop' }],
      runs: [{ status: 'succeeded', agent: 'builtin' }],
    });
    expect((await f.json('/api/incidents?cluster=lab')).body['incidents']).toHaveLength(1);
    expect((await f.json('/api/incidents?status=open')).body['incidents']).toHaveLength(2);
    const page = await f.json('/api/incidents?limit=2');
    expect(page.body['next']).toBe('inc_2');
    const rest = await f.json(`/api/incidents?limit=2&before=${page.body['next']}`);
    expect(rest.body['incidents']).toMatchObject([{ id: 'inc_1' }]);
  });

  test('OPS-1: one incident, and 404 for none', async () => {
    const f = await start();
    f.reader.details = [{ incident: sampleIncident(), faults: [], runs: [] }];
    expect((await f.json('/api/incidents/inc_01K9Z3W8Q4')).body).toMatchObject({ id: 'inc_01K9Z3W8Q4', runs: [] });
    expect(await f.json('/api/incidents/inc_none')).toMatchObject({
      status: 404,
      body: { error: { code: 'NC-HEALTH-004' } },
    });
  });

  test('INT-5: faults with their outcome and rule', async () => {
    const f = await start();
    f.reader.listed = [sampleListedFault(2, 'merged'), sampleListedFault(1, 'opened')];
    const { body } = await f.json('/api/faults?outcome=merged&cluster=prod-eu');
    expect(body['faults']).toMatchObject([
      { outcome: 'merged', rule: 'same owner', cluster: 'prod-eu', incident_id: null },
    ]);
    expect((await f.json('/api/faults?limit=1')).body['next']).toBe('2');
  });

  test.each([
    ['/api/incidents?limit=0', 'limit'],
    ['/api/incidents?limit=1001', 'limit'],
    ['/api/incidents?limit=x', 'limit'],
    ['/api/incidents?limit=1&limit=2', 'limit'],
    ['/api/incidents?status=broken', 'status'],
    ['/api/incidents?colour=red', 'colour'],
    ['/api/faults?outcome=lost', 'outcome'],
    ['/api/faults?since=1', 'since'],
  ])('OPS-1: %s is refused with what is allowed', async (path, name) => {
    const f = await start();
    const { status, body } = await f.json(path);
    expect(status).toBe(400);
    expect(body['error']).toMatchObject({ code: 'NC-HEALTH-003' });
    expect(body['error']['message']).toContain(name);
    expect(body['error']['fix']).toContain('limit (1 to 1000)');
  });

  test('OPS-1: an unknown route is 404 in JSON', async () => {
    const f = await start();
    expect(await f.json('/nothing')).toMatchObject({ status: 404, body: { error: { code: 'NC-HEALTH-005' } } });
    expect((await f.post('/api/faults', {})).status).toBe(404);
  });

  test('a store that fails is 503 with a fix, and another failure is 500 without details', async () => {
    const f = await start();
    f.reader.failure = new StoreUnavailableError('/secret/path is full');
    const unavailable = await f.json('/api/incidents');
    expect(unavailable).toMatchObject({ status: 503, body: { error: { code: 'NC-HEALTH-007' } } });
    f.reader.failure = new Error('secret detail');
    const failed = await f.json('/api/incidents');
    expect(failed).toMatchObject({ status: 500, body: { error: { code: 'NC-HEALTH-008' } } });
    expect(JSON.stringify([unavailable, failed])).not.toContain('secret');
  });

  test('hostile names come back as JSON that a browser does not take for a page', async () => {
    const f = await start();
    const name = '<script>alert(1)</script>\u0000\n"';
    f.reader.details = [
      { incident: sampleIncident({ title: name }), faults: [sampleFault({ context: name })], runs: [] },
    ];
    const response = await f.get('/api/incidents');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(((await response.json()) as { incidents: { title: string }[] }).incidents[0]?.title).toBe(name);
  });
});

describe('triage by hand', () => {
  const body = { cluster: 'prod-eu', kind: 'Deployment', namespace: 'payments', name: 'api' };

  test('INT-7: asks for it and gives the id', async () => {
    const f = await start();
    expect(await f.post('/api/triage', body)).toEqual({
      status: 202,
      body: { incident_id: 'inc_hand', run_id: 'run_hand' },
    });
    await f.post('/api/triage', { ...body, namespace: '', kind: 'Node', name: 'n1' });
    expect(f.triaged).toEqual([
      ['prod-eu', 'Deployment', 'payments', 'api'],
      ['prod-eu', 'Node', null, 'n1'],
    ]);
  });

  test('INT-7: an unknown cluster names the known ones, a bad body what is allowed', async () => {
    const f = await start();
    const unknown = await f.post('/api/triage', { ...body, cluster: 'mars' });
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'NC-HEALTH-010' } } });
    expect(unknown.body['error']['fix']).toContain('prod-eu');
    expect((await f.post('/api/triage', { cluster: 'prod-eu' })).status).toBe(400);
    expect((await f.post('/api/triage', { ...body, extra: 1 })).status).toBe(400);
    expect(
      (await f.json('/api/triage', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }))
        .status,
    ).toBe(400);
    expect(f.triaged).toEqual([]);
  });

  test('INT-7: what a person can put right is told with its code', async () => {
    const f = await start({
      manualTriage: async () => {
        const kind = { code: 'NC-TRIAGE-009', title: 't', fix: 'enable it', about: '' };
        throw new ProblemError(kind, 'triage is disabled for prod-eu');
      },
    });
    const answer = await f.post('/api/triage', body);
    const error = { code: 'NC-TRIAGE-009', message: 'triage is disabled for prod-eu', fix: 'enable it' };
    expect(answer).toEqual({ status: 422, body: { error } });
  });

  test('a page of another site cannot start a run: no plain text, no foreign origin', async () => {
    const f = await start();
    const plain = await f.json('/api/triage', { method: 'POST', body: JSON.stringify(body) });
    expect(plain.status).toBe(415);
    expect((await f.post('/api/triage', body, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await f.post('/api/triage', body, { origin: 'null' })).status).toBe(403);
    expect((await f.post('/api/triage', body, { origin: f.url })).status).toBe(202);
    expect(f.triaged).toHaveLength(1);
  });

  test('a large body is refused', async () => {
    const f = await start();
    expect((await f.post('/api/triage', { ...body, name: 'x'.repeat(100_000) })).status).toBe(413);
  });
});

describe('access', () => {
  test('OPS-1: with a token everything but live and ready needs it, and ready withholds its reasons', async () => {
    const f = await start({ token: () => 'canary-token' });
    f.reasons = ['the store at /var/lib is full'];
    expect((await f.get('/health/live')).status).toBe(200);
    expect(await f.json('/health/ready')).toEqual({ status: 503, body: { status: 'not ready' } });
    const paths = [
      '/health/clusters',
      '/api/incidents',
      '/api/incidents/x',
      '/api/faults',
      '/api/events',
      '/metrics',
      '/i/x',
      '/reports/a/b/c',
      '/nothing',
    ];
    for (const path of paths) {
      const { status, body } = await f.json(path);
      expect([path, status, body['error']['code']]).toEqual([path, 401, 'NC-HEALTH-001']);
    }
    for (const authorization of [
      'Bearer wrong',
      'Bearer canary-toke',
      'Basic canary-token',
      'canary-token',
      'Bearer ',
    ]) {
      expect((await f.get('/api/incidents', { headers: { authorization } })).status).toBe(401);
    }
    const headers = { authorization: 'Bearer canary-token' };
    expect((await f.get('/health/clusters', { headers })).status).toBe(200);
    expect((await f.json('/health/ready', { headers })).body['reasons']).toHaveLength(1);
    expect(await (await f.get('/metrics', { headers })).text()).not.toContain('canary');
  });

  test('on loopback without a token a foreign Host is refused (DNS rebinding)', async () => {
    const f = await start({ publicUrl: () => 'https://nightcrier.example/' });
    const status = (host: string): Promise<number> => statusWithHost(`${f.url}/api/incidents`, { host });
    expect(await status('evil.example')).toBe(403);
    expect(await status('evil.example:8080')).toBe(403);
    expect(await status('127.0.0.1.evil.example')).toBe(403);
    expect(await status('localhost:8080')).toBe(200);
    expect(await status('[::1]:8080')).toBe(200);
    expect(await status('nightcrier.example')).toBe(200);
    expect(await statusWithHost(`${f.url}/health/live`, { host: 'evil.example' })).toBe(200);
  });

  test.each(['/%ZZ', '/i/%ZZ', `/i/${'a'.repeat(3000)}`])(
    'OPS-1: the address %s is refused as everything is, with all headers, and not repeated',
    async (path) => {
      const f = await start({ token: () => 'secret' });
      const answer = await f.get(path, { headers: { accept: 'text/html' } });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      const body = await answer.text();
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'NC-HEALTH-003' } });
      expect(body).not.toMatch(/ZZ|aaaa/);
    },
  );

  test('OPS-1: a port that is taken is a problem with a code', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    try {
      const { port } = taken.address() as AddressInfo;
      await expect(HealthFixture.start({ port })).rejects.toMatchObject({ code: 'NC-HEALTH-006' });
    } finally {
      taken.close();
    }
  });
});
