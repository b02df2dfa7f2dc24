import { expect, test } from 'vitest';
import { unknownPermissions } from '../../../src/domain/permissions.ts';
import { clustersJson, clustersSchema, connectionJson, connectionSchema } from '../../../src/domain/wire/cluster.ts';
import { ProblemError } from '../../../src/lib/problem.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { sampleBreaker, sampleTime } from '../../support/incident-samples.ts';

const none = { incidents: [], breakers: [], today: [] };
const kind = { code: 'NC-MCP-001', title: 'no answer', fix: 'start it', about: 'It is down.' };

test('OPS-1, TRI-7, TRI-8: a cluster is shown with its connection, its permissions, what agents spent and the incidents that are open', () => {
  const status = sampleStatus({ permissions: unknownPermissions('prod-eu', sampleTime, 'no kubectl', false) });
  const incidents = [
    { cluster: 'prod-eu', status: 'open', count: 2 },
    { cluster: 'prod-eu', status: 'investigating', count: 1 },
    { cluster: 'prod-eu', status: 'resolved', count: 40 },
    { cluster: 'other', status: 'open', count: 9 },
  ] as const;
  const spent = {
    day: '2026-11-20',
    answers: 4,
    questions: 0,
    unpriced: 0,
    tokens: { input: 900, cached: 300, output: 100 },
  };
  const today = [
    { ...spent, cluster: 'prod-eu', agent: 'claude', runs: 2, usd: 0.5 },
    { ...spent, cluster: 'prod-eu', agent: 'codex', runs: 1, usd: 0.25 },
    { ...spent, cluster: 'other', agent: 'codex', runs: 1, usd: 9 },
  ];
  const json = clustersJson([status], { incidents, breakers: [sampleBreaker], today }, [], sampleTime);
  expect(JSON.stringify(json)).toBe(
    JSON.stringify({
      summary: { total: 1, active: 1, unhealthy: 0, triage_enabled: 1 },
      clusters: [
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
          permissions: status.permissions,
          problems: [],
          incidents: { open: 3, gathering: 2, queued: 0, investigating: 1, reported: 0, failed: 0 },
          spent_today: { runs: 3, tokens: 2000, usd: 0.75 },
        },
      ],
      agents: [
        {
          name: 'claude',
          breaker: 'open',
          failures: 3,
          fell_back: 5,
          since: '2026-11-20T09:00:00.000Z',
          retry_at: '2026-11-20T09:05:00.000Z',
          reason: 'timed_out: after 600 s',
        },
      ],
      problems: [],
    }),
  );
  expect(clustersSchema.strict().parse(json)).toEqual(json);
});

test('OPS-1: the summary counts what is not active as unhealthy', () => {
  const statuses = [
    sampleStatus(),
    sampleStatus({
      cluster: 'b',
      state: 'failed',
      triageEnabled: false,
      triageDisabledReason: 'triage.enabled: false',
    }),
    sampleStatus({ cluster: 'c', state: 'connecting', source: 'none', lastEvent: null, lastSweep: null }),
  ];
  const json = clustersJson(statuses, none, [], sampleTime);
  expect(json.summary).toEqual({ total: 3, active: 1, unhealthy: 2, triage_enabled: 2 });
  expect(clustersSchema.parse(json)).toEqual(json);
  expect(clustersJson([], none, [], sampleTime).summary).toEqual({
    total: 0,
    active: 0,
    unhealthy: 0,
    triage_enabled: 0,
  });
});

test('OPS-1: of a problem only code, message and fix are shown', () => {
  const error = new ProblemError(kind, 'nobody listens', { cause: new Error('secret') });
  const json = connectionJson(sampleStatus({ state: 'failed', error }), sampleTime);
  expect(json.error).toEqual({ code: 'NC-MCP-001', message: 'nobody listens', fix: 'start it' });
  const standing = { ...error, ...error.toProblem(), cluster: null, severity: 'warning', since: sampleTime } as const;
  expect(clustersJson([], none, [standing], sampleTime).problems).toEqual([
    { ...json.error, severity: 'warning', since: new Date(sampleTime).toISOString() },
  ]);
});

test.each([
  [null, null],
  [sampleTime + 4000, 4],
  [sampleTime + 4001, 5],
  [sampleTime - 10, 0],
])('OPS-1: retry_in is whole seconds until then, never negative: %s', (retryAt, seconds) => {
  const json = connectionJson(sampleStatus({ retryAt }), sampleTime);
  expect(json.retry_in).toBe(seconds);
  expect(connectionSchema.strict().parse(json)).toEqual(json);
});

test('OPS-1: an incident that was told is open until it has ended, whatever its status', () => {
  const standing = ['open', 'queued', 'investigating', 'reported', 'failed'] as const;
  for (const status of standing) {
    const incidents = [
      { cluster: 'prod-eu', status, count: 10 },
      { cluster: 'prod-eu', status: 'resolved', count: 3 },
      { cluster: 'prod-eu', status: 'skipped', count: 4 },
    ] as const;
    const [cluster] = clustersJson([sampleStatus()], { ...none, incidents }, [], sampleTime).clusters;
    const { open, ...parts } = cluster?.incidents ?? { open: 0 };
    expect(open).toBe(10);
    expect(Object.values(parts).reduce((sum, count) => sum + count, 0)).toBe(open);
    expect(parts).toMatchObject({ [status === 'open' ? 'gathering' : status]: 10 });
  }
});
