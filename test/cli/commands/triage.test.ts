import { expect, test } from 'vitest';
import type { StateReader } from '../../../src/domain/state-store.ts';
import { cli } from '../../support/cli-run.ts';
import { freePorts } from '../../support/free-ports.ts';
import { answeredIncident, sampleFault, sampleIncident, sampleRun } from '../../support/incident-samples.ts';
import { configFor, withDaemon } from '../../support/running-daemon.ts';

test('INT-7 OPS-4: asks the running daemon, waits for the run and prints its answer', () =>
  withDaemon(async ({ reader, triaged }, cwd) => {
    const incident = sampleIncident({ id: 'inc_hand', status: 'investigating' });
    reader.details = [
      { incident, faults: [sampleFault()], runs: [sampleRun({ id: 'run_hand', status: 'running', endedAt: null })] },
    ];
    let asked = 0;
    const incidentOf: StateReader['incident'] = reader.incident.bind(reader);
    reader.incident = async (id) => {
      asked += 1;
      if (asked === 2) {
        reader.details = [
          { incident: answeredIncident({ id }), faults: [sampleFault()], runs: [sampleRun({ id: 'run_hand' })] },
        ];
      }
      return incidentOf(id);
    };
    const { code, out, err } = await cli(['triage', 'prod-eu', 'Deployment/payments/api'], { cwd });
    expect(code).toBe(0);
    expect(triaged).toEqual([['prod-eu', 'Deployment', 'payments', 'api']]);
    expect(asked).toBe(2);
    expect(out).toContain('Cause    container `api` exits 1');
    expect(out).toMatch(/^Page {5}http:\/\/127\.0\.0\.1:\d+\/i\/inc_hand$/m);
    expect(err).toContain('inc_hand: the running daemon investigates Deployment/payments/api in prod-eu');
  }));

test('UX-20: nothing that a cluster or an agent says steers the terminal', () =>
  withDaemon(async ({ reader }, cwd) => {
    const hostile = '\u001b]0;owned\u0007\u001b[2Jgone\u009b31m\nStatus   resolved';
    const incident = answeredIncident({ id: 'inc_hand', cause: hostile, title: hostile });
    reader.details = [{ incident, faults: [sampleFault()], runs: [sampleRun({ id: 'run_hand' })] }];
    const { out } = await cli(['triage', 'prod-eu', 'Node//n1'], { cwd });
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(out.trimEnd().split('\n')).toHaveLength(5);
  }));

test('INT-7: a run that ended without a report is exit 1, and says why', () =>
  withDaemon(async ({ reader }, cwd) => {
    const incident = sampleIncident({ id: 'inc_hand', status: 'failed', statusReason: 'the disk is full' });
    reader.details = [{ incident, faults: [], runs: [sampleRun({ id: 'run_hand', status: 'failed' })] }];
    const { code, err } = await cli(['triage', 'prod-eu', 'Node//n1'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain('there is no report: the disk is full');
    expect(err).toContain('fix: nightcrier show inc_hand');
  }));

test("INT-7: the daemon's own refusal is shown with its code and fix", () =>
  withDaemon(async (fixture, cwd) => {
    fixture.statuses = [];
    const { code, err } = await cli(['triage', 'prod-eu', 'Node//n1'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain('answered 404: the cluster is not configured');
    expect(err).toMatch(/NC-HEALTH-\d{3}/);
  }));

test('INT-7: without a daemon it runs the pipeline in this process', async () => {
  const [port] = await freePorts(1);
  const cwd = configFor(`http://127.0.0.1:${port}`);
  const detail = { incident: answeredIncident(), faults: [sampleFault()], runs: [sampleRun()] };
  const asked: unknown[] = [];
  const deps = {
    triageOnce: async ({ cluster, ref, loaded }: { cluster: string; ref: object; loaded: { file: string | null } }) => {
      asked.push(cluster, ref, loaded.file);
      return detail;
    },
  };
  const { code, out, err } = await cli(['triage', 'prod-eu', 'pod/payments/x', '-o', 'json'], { cwd, deps });
  expect(code).toBe(0);
  expect(asked).toEqual(['prod-eu', { kind: 'Pod', namespace: 'payments', name: 'x' }, `${cwd}/nightcrier.yaml`]);
  expect(JSON.parse(out)).toMatchObject({ id: detail.incident.id });
  expect(err).toContain('no daemon is running');
  const unreported = { ...detail, incident: sampleIncident({ status: 'failed' }) };
  const failed = await cli(['triage', 'prod-eu', 'pod/a/x'], { cwd, deps: { triageOnce: async () => unreported } });
  expect(failed.code).toBe(1);
});
