import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Impact } from '../../../src/domain/verdict/impact.ts';
import { impactWords } from '../../../src/domain/verdict/impact-words.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { analystRequest } from '../../../src/domain/decide/analyst-request.ts';
import { families, severities } from '../../../src/domain/fault.ts';
import { incidentStatuses } from '../../../src/domain/records.ts';
import {
  incidentDetailJson,
  incidentFileSchema,
  incidentJson,
  incidentSchema,
  listedFaultJson,
  listedFaultSchema,
  parseAnalystRequest,
} from '../../../src/domain/wire/incident.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleResult,
  sampleRun,
  sampleTime,
  sampleUsage,
} from '../../support/incident-samples.ts';
import { sampleListedFault } from '../../support/listed-fault-sample.ts';

const resource = { apiVersion: 'v1', kind: 'Pod', namespace: 'payments', name: 'api-7c4-x1', uid: 'u1' };

/** As it is written: others read these files, so order and form of the keys stay. */
const file = {
  id: 'inc_01K9Z3W8Q4',
  cluster: 'prod-eu',
  environment: 'production',
  labels: { team: 'payments' },
  status: 'open',
  severity: 'critical',
  opened_at: '2026-11-20T09:00:00.000Z',
  resource,
  owner: { kind: 'Deployment', namespace: 'payments', name: 'api', certain: true },
  family: 'workload',
  faults: [
    {
      fault_id: 'f000000000000001',
      fault_type: 'CrashLoop',
      severity: 'critical',
      resource,
      context: 'container api restarts again and again',
      first_seen: '2026-11-20T09:00:00.000Z',
      last_seen: '2026-11-20T09:00:00.000Z',
      count: 1,
      source: 'push',
    },
  ],
  title: 'CrashLoop of Deployment payments/api',
};

test('STO-2: incident.json is written with the same keys in the same order, always', () => {
  expect(JSON.stringify(incidentJson(sampleIncident(), [sampleFault()]))).toBe(JSON.stringify(file));
});

test.each<[string, Impact, object]>([
  [
    'pods',
    impactSample({ ready: 1, at: sampleTime }),
    { at: '2026-11-20T09:00:00.000Z', ready: 1, pods: 3, serves: null },
  ],
  [
    'Services without endpoints',
    impactSample({ services: [{ object: 'Service payments/api', endpoints: 0 }], serves: false }),
    { at: null, ready: 0, pods: 3, serves: false },
  ],
  [
    'what is not known',
    { of: 'unknown', at: null, why: 'no evidence was read' },
    { at: null, ready: null, pods: null, serves: null },
  ],
])('QUA-4, OPS-1: the read API has the impact in words and numbers: %s', (_what, impact, numbers) => {
  const json = incidentDetailJson({ incident: answeredIncident({ impact }), faults: [], runs: [] });
  expect(json.impact).toEqual({ words: impactWords(impact), ...numbers });
});

test('OPS-1: an incident of the read API is incident.json with what was found and its runs', () => {
  const run = sampleRun({ result: sampleResult({ defects: ['no sections'], error: 'exit 1' }) });
  const incident = answeredIncident({ resolvedAt: sampleTime, previousId: 'inc_0', statusReason: 'cleared' });
  const json = incidentDetailJson({ incident, faults: [sampleFault()], runs: [run] });
  expect(JSON.stringify(json)).toBe(
    JSON.stringify({
      ...file,
      status: 'reported',
      status_reason: 'cleared',
      reported_at: '2026-11-20T09:02:44.000Z',
      resolved_at: '2026-11-20T09:00:00.000Z',
      reopened: 0,
      previous_id: 'inc_0',
      cause: 'container `api` exits 1: `DB_URL is required`; rollout 41 dropped env `DB_URL`.',
      confidence: 'high',
      impact: null,
      report: '/data/artifacts/prod-eu/inc_01K9Z3W8Q4/investigation.html',
      acknowledged: null,
      acts: [],
      reopenings: [],
      runs: [
        {
          id: 'run_01K9Z3W8Q5',
          status: 'succeeded',
          trigger: 'fault',
          attempt: 1,
          created_at: '2026-11-20T09:00:00.000Z',
          started_at: '2026-11-20T09:00:03.000Z',
          ended_at: '2026-11-20T09:02:44.000Z',
          agent: 'builtin',
          outcome: 'answered',
          defects: ['no sections'],
          error: 'exit 1',
          repairs: 0,
          model: null,
          turns: null,
          tokens: null,
          usd: null,
          requests: null,
          requested_by: null,
        },
      ],
    }),
  );
  expect(incidentSchema.strict().parse(json)).toEqual(json);
});

test('TRI-8: a run says what its agent used', () => {
  const run = incidentDetailJson({
    incident: sampleIncident(),
    faults: [],
    runs: [sampleRun({ result: sampleResult({ usage: sampleUsage }) })],
  }).runs[0];
  expect(run).toMatchObject({
    turns: 6,
    tokens: { input: 41_000, cached: 30_000, output: 1900 },
    usd: 0.42,
    requests: { kubernetes: 12, model: 7, refused: 1 },
  });
});

test('OPS-1: a run that has not ended has neither agent nor outcome', () => {
  const waiting = sampleRun({ status: 'queued', startedAt: null, endedAt: null, result: null });
  const [run] = incidentDetailJson({ incident: sampleIncident(), faults: [], runs: [waiting] }).runs;
  expect(run).toMatchObject({ started_at: null, ended_at: null, agent: null, outcome: null, defects: [], error: null });
});

test('OPS-1: a received fault is shown with its outcome and the times of its episode', () => {
  const listed = sampleListedFault(3, 'merged');
  const json = listedFaultJson(listed);
  expect(JSON.stringify(json)).toBe(
    JSON.stringify({
      ...file.faults[0],
      cluster: 'prod-eu',
      outcome: 'merged',
      rule: 'same owner',
      incident_id: null,
      at: '2026-11-20T09:00:03.000Z',
    }),
  );
  expect(listedFaultSchema.strict().parse(json)).toEqual(json);
  const alone = listedFaultJson({ ...listed, episode: null });
  expect(alone).toMatchObject({ first_seen: alone.at, last_seen: alone.at, count: 1 });
});

test('INT-5: what could not be read as a fault is listed with the reason', () => {
  const { reception } = sampleListedFault(1, 'invalid');
  const invalid = { cluster: 'prod-eu', source: 'push', reason: 'no type', excerpt: '{}', at: sampleTime } as const;
  const json = listedFaultJson({ reception: { ...reception, signal: null, invalid, count: 7 }, episode: null });
  expect(json).toMatchObject({ fault_id: null, fault_type: null, severity: null, resource: null });
  expect(json).toMatchObject({ context: 'no type', count: 7 });
  expect(listedFaultSchema.parse(json)).toEqual(json);
});

test('TRI-3: incident.json says everything that an analyst by hand needs: read back, the analyst is asked the same', () => {
  const incidents = fc.record({
    status: fc.constantFrom(...incidentStatuses),
    severity: fc.constantFrom(...severities),
    family: fc.constantFrom(...families),
    environment: fc.option(fc.string()),
    title: fc.string(),
    openedAt: fc.integer({ min: 0, max: 4e12 }),
    labels: fc.dictionary(fc.string(), fc.string()),
  });
  fc.assert(
    fc.property(incidents, fc.nat(3), (change, faults) => {
      const incident = sampleIncident({ ...change, labels: { ...change.labels } });
      const received = Array.from({ length: faults }, () => sampleFault());
      const text = JSON.stringify(incidentJson(incident, received));
      expect(parseAnalystRequest(text, ['--context', 'prod'])).toEqual(
        analystRequest(incident, received, ['--context', 'prod']),
      );
    }),
  );
});

test.each([
  ['family', 'a family that there is not', { family: 'weather' }],
  ['severity', 'a severity that there is not', { severity: 'fatal' }],
  ['opened_at', 'a time that is none', { opened_at: 'yesterday' }],
  ['faults', 'no list of faults', { faults: undefined }],
])('TRI-3: as %s, %s is refused instead of believed', (key, _, change) => {
  expect(incidentFileSchema.safeParse(file).success).toBe(true);
  expect(() => parseAnalystRequest(JSON.stringify({ ...file, ...change }), [])).toThrow(key);
});
