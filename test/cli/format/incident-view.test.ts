import { describe, expect, test } from 'vitest';
import { causeLine, incidentLines } from '../../../src/cli/format/incident-view.ts';
import { outputStyle } from '../../../src/cli/format/style.ts';
import type { RunUsage } from '../../../src/domain/agent-gateway.ts';
import type { IncidentStatus } from '../../../src/domain/records.ts';
import type { Impact } from '../../../src/domain/verdict/impact.ts';
import { displayWidth } from '../../../src/lib/display/width.ts';
import { impactSample } from '../../support/impact-sample.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleResult,
  sampleRun,
  sampleTime,
  sampleUsage,
} from '../../support/incident-samples.ts';

const plain = outputStyle({ stdout: { write: () => true }, env: {} });
const minute = 60_000;
const now = sampleTime + 10 * minute;
const looks = { now, style: plain, width: Infinity, timeZone: 'UTC', url: null };

describe('the cause in one line', () => {
  const without: [status: IncidentStatus, reason: string | null, line: string][] = [
    ['open', null, 'gathering faults, the investigation starts shortly'],
    ['queued', null, 'waiting for a free slot'],
    ['investigating', null, 'being investigated'],
    ['failed', null, 'no report: the investigation failed'],
    ['failed', 'the disk is full', 'no report: the disk is full'],
    ['reported', null, 'no cause found, the report says what was looked at'],
    ['resolved', null, 'no cause found'],
    ['resolved', 'cleared', 'ended: cleared'],
    ['skipped', null, 'skipped'],
    ['skipped', 'the fault cleared', 'skipped: the fault cleared'],
  ];
  test.each(without)('OPS-4: without a cause, %s because of %s says: %s', (status, statusReason, line) => {
    expect(causeLine(sampleIncident({ status, statusReason }), 200)).toBe(line);
  });

  test('OPS-4: a cause is cut, its confidence never', () => {
    const incident = answeredIncident({ cause: 'x'.repeat(500), confidence: 'medium' });
    const line = causeLine(incident, 80);
    expect(line).toHaveLength(80);
    expect(line.endsWith('… (likely)')).toBe(true);
    expect(causeLine(answeredIncident({ cause: 'why', confidence: null }), 80)).toBe('why');
  });
});

describe('an incident', () => {
  test('OPS-4: says what broke, why, since when and what it is, in this order', () => {
    const detail = { incident: answeredIncident(), faults: [sampleFault({ count: 4 })], runs: [sampleRun()] };
    const lines = incidentLines(detail, looks);
    expect(lines[0]).toBe('CRITICAL  CrashLoop of Deployment payments/api · prod-eu (production)');
    expect(lines.slice(2, 9).map((line) => line.slice(0, 9).trim())).toEqual([
      'Cause',
      'Status',
      'Since',
      'Object',
      'Owner',
      'Report',
      'Id',
    ]);
    expect(lines).toContain('Status   reported for 7m');
    expect(lines).toContain('Since    2026-11-20 09:00:00+00:00 (10m ago)');
    expect(lines).toContain('Object   Pod/payments/api-7c4-x1');
    expect(lines).toContain('Owner    Deployment/payments/api');
    expect(lines).toContain('Id       inc_01K9Z3W8Q4');
    expect(lines.find((line) => line.startsWith('  - CrashLoop'))).toBe(
      '  - CrashLoop ×4 Pod/payments/api-7c4-x1, last 10m ago: container api restarts again and again',
    );
    expect(lines).toContain('    kubectl -n payments rollout undo deploy/api');
    expect(lines).toContain('  - succeeded in 2 min 41 s, answered by builtin (fault, 10m ago)');
  });

  test('QUA-4: says first whether it still serves, and how long ago that was read', () => {
    const of = (impact: Impact): string | undefined =>
      incidentLines({ incident: answeredIncident({ impact }), faults: [], runs: [] }, looks)[2];
    expect(of(impactSample({ at: sampleTime + 4 * minute }))).toBe('Impact   0 of 3 pods are ready. Read 6m ago.');
    const workloads = [{ object: 'Deployment a/\u001b[2J', ready: 0, pods: 3 }];
    expect(of(impactSample({ workloads }))).toBe('Impact   0 of 3 pods of Deployment a/\ufffd[2J are ready.');
  });

  test('TRI-8: a run says what its agent used, as far as it was counted', () => {
    const line = (usage: RunUsage | null): string | undefined =>
      incidentLines(
        { incident: sampleIncident(), faults: [], runs: [sampleRun({ result: sampleResult({ usage }) })] },
        looks,
      ).at(-1);
    expect(line(sampleUsage)).toContain(
      'by builtin, 6 turns, 42900 tokens (30000 cached), $0.42, 12 reads of the cluster, 1 refused (',
    );
    expect(line({ turns: null, tokens: null, usd: null, requests: null })).toContain('by builtin (');
  });

  test('OPS-4: begins when the first fault did, not when we heard of it', () => {
    const faults = [sampleFault({ since: sampleTime - 60 * minute }), sampleFault({ since: null })];
    expect(incidentLines({ incident: sampleIncident(), faults, runs: [] }, looks)).toContain(
      'Since    2026-11-20 08:00:00+00:00 (1h10m ago)',
    );
  });

  test('OPS-4: an uncertain owner, an earlier incident and a reopening are said', () => {
    const owner = { kind: 'Deployment', namespace: 'payments', name: 'api', certain: false };
    const incident = sampleIncident({ owner, previousId: 'inc_before', reopened: 2, statusReason: 'new_evidence' });
    const lines = incidentLines({ incident, faults: [], runs: [] }, looks);
    expect(lines).toContain('Owner    Deployment/payments/api (by its name, nobody could be asked)');
    expect(lines).toContain('Before   inc_before');
    expect(lines).toContain('Status   open for 10m, new_evidence, reopened 2×');
    expect(lines).toContain('Report   none yet');
    expect(lines.join('\n')).not.toContain('Next steps');
  });

  test('OPS-4: who is to run a command that changes something with our kubeconfig is told that it may only read', () => {
    const shown = (command: string): string => {
      const nextSteps = [{ text: 'Roll back', command, reversible: true }];
      const summary = { evidence: [], nextSteps, claimsBacked: 0, claims: 0, missing: [] };
      const runs = [sampleRun({ result: sampleResult({ summary }) })];
      return incidentLines({ incident: sampleIncident(), faults: [], runs }, looks).join('\n');
    };
    expect(shown('kubectl --kubeconfig /k.yaml -n a edit deployment/b')).toContain('which may only read');
    expect(shown('kubectl --kubeconfig /k.yaml -n a get deployment/b')).not.toContain('may only read');
    expect(shown('kubectl -n a get pods')).toContain('No context of a kubeconfig is known for cluster');
  });

  test('OPS-4: a step that cannot be undone says so; a failed run says how and with which defects', () => {
    const nextSteps = [
      { text: 'Delete the claim', command: null, reversible: false },
      { text: 'Roll back', command: 'kubectl x', reversible: true, undo: 'kubectl y' },
    ];
    const summary = { evidence: [], nextSteps, claimsBacked: 0, claims: 0, missing: [] };
    const result = sampleResult({
      outcome: 'failed',
      agent: 'custom',
      defects: ['no_verdict'],
      error: 'it\nbroke',
      summary,
    });
    const runs = [
      sampleRun({ status: 'failed', result }),
      sampleRun({ status: 'queued', startedAt: null, result: null }),
    ];
    const lines = incidentLines({ incident: sampleIncident(), faults: [], runs }, looks);
    expect(lines).toContain('  - Delete the claim (cannot be undone)');
    expect(lines.slice(lines.indexOf('    kubectl x')).slice(0, 2)).toEqual(['    kubectl x', '    undo: kubectl y']);
    expect(lines.find((line) => line.startsWith('  - failed'))).toContain('by custom, defects: no_verdict: it broke (');
    expect(lines).toContain('  - queued (fault, 10m ago)');
  });

  test('OPS-4: each run whose logs this machine has says where they are', () => {
    const runs = [sampleRun({ id: 'run_here' }), sampleRun({ id: 'run_gone' })];
    const logsOf = ({ id }: { readonly id: string }) =>
      id === 'run_here' ? '/data/workspaces/inc/run_here/logs' : null;
    const lines = incidentLines({ incident: sampleIncident(), faults: [], runs }, { ...looks, logsOf });
    expect(lines.filter((line) => line.includes('logs in'))).toEqual([
      '    logs in /data/workspaces/inc/run_here/logs',
    ]);
  });

  test('OPS-4: of many faults twenty are shown, the others counted; a cleared one says when', () => {
    const faults = Array.from({ length: 23 }, (_, id) => sampleFault({ id, clearedAt: sampleTime + 8 * minute }));
    const lines = incidentLines({ incident: sampleIncident(), faults, runs: [] }, looks);
    expect(lines).toContain('23 faults');
    expect(lines.filter((line) => line.startsWith('  - CrashLoop'))).toHaveLength(20);
    expect(lines.find((line) => line.startsWith('  - CrashLoop'))).toContain(', cleared 2m ago');
    expect(lines).toContain('  … and 3 more');
  });

  test('UX-20: a time is that of the reader; where the daemon has a page, no path is shown', () => {
    const detail = { incident: answeredIncident(), faults: [], runs: [sampleRun()] };
    const lines = incidentLines(detail, { ...looks, timeZone: 'America/St_Johns', url: 'http://127.0.0.1:8080' });
    expect(lines).toContain('Since    2026-11-20 05:30:00-03:30 (10m ago)');
    expect(lines).toContain('Page     http://127.0.0.1:8080/i/inc_01K9Z3W8Q4');
    expect(lines.join('\n')).not.toContain('/data/');
    expect(incidentLines(detail, looks)).toContain(
      'Report   /data/artifacts/prod-eu/inc_01K9Z3W8Q4/investigation.html',
    );
  });

  test('OPS-4: says what the answer rests on, and what could not be seen', () => {
    const summary = {
      evidence: ['env `DB_URL` absent', 'x\u001b[2J'],
      nextSteps: [],
      claimsBacked: 1,
      claims: 1,
      missing: ['logs'],
    };
    const runs = [sampleRun({ result: sampleResult({ summary }) })];
    const lines = incidentLines({ incident: answeredIncident(), faults: [], runs }, looks);
    const at = lines.indexOf('Evidence');
    expect(lines.slice(at, at + 6)).toEqual([
      'Evidence',
      '  - env `DB_URL` absent',
      '  - x\ufffd[2J',
      '',
      'Not seen',
      '  - logs',
    ]);
  });

  test.each([60, 80, 140])('UX-20: in %i columns no word is broken and no command is', (width) => {
    const command = `kubectl --context prod-eu -n payments set image deploy/api ${'api=registry.example/api:1 '.repeat(5).trim()}`;
    const nextSteps = [{ text: 'Set the image that is there '.repeat(9).trim(), command, reversible: true }];
    const evidence = ['日本語の名前 '.repeat(30).trim()];
    const result = sampleResult({ summary: { evidence, nextSteps, claimsBacked: 1, claims: 1, missing: [] } });
    const cause = 'the container exits because a variable is missing '.repeat(6).trim();
    const title = 'CrashLoop of Deployment payments/a-name-that-is-not-short in a place that is far away';
    const detail = {
      incident: answeredIncident({ cause, title }),
      faults: [sampleFault({ context: cause })],
      runs: [sampleRun({ result })],
    };
    const lines = incidentLines(detail, { ...looks, width, url: 'http://nc.example' });
    expect(lines).toContain(`    ${command}`);
    expect(
      lines.filter((line) => displayWidth(line) > width && !line.includes('kubectl') && line.trim().includes(' ')),
    ).toEqual([]);
    expect(lines.join(' ').replace(/\s+/g, ' ')).toContain(`${cause} (evident)`);
  });
});
