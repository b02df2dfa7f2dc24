import { chmodSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { allKinds, runDoctor } from '../../../src/app/commands/doctor.ts';
import type { CliDeps } from '../../../src/cli/context.ts';
import { doctorSchema } from '../../../src/domain/wire/doctor.ts';
import { cli, type CliRun } from '../../support/cli-run.ts';
import { freePorts } from '../../support/free-ports.ts';
import { HealthFixture, sampleStatus } from '../../support/health-fixture.ts';
import { sampleTime } from '../../support/incident-samples.ts';
import { tempDir } from '../../support/temp-dir.ts';

const env = { PATH: process.env['PATH'] ?? '' };
const text = (port: number, ...lines: string[]): string =>
  [
    'clusters:',
    '  - name: east',
    '    mcp: {endpoint: "http://127.0.0.1:1/mcp"}',
    '    triage: {enabled: false}',
    `health: {port: ${port}}`,
    ...lines,
    '',
  ].join('\n');

async function setUp(...lines: string[]): Promise<string> {
  const [port] = (await freePorts(1)) as [number];
  const cwd = tempDir({ 'nightcrier.yaml': text(port, ...lines) });
  chmodSync(path.join(cwd, 'nightcrier.yaml'), 0o600);
  return cwd;
}

const doctor = (cwd: string, ...args: string[]): Promise<CliRun> =>
  cli(['doctor', ...args], { cwd, env, deps: { runDoctor } });

describe('UX-8: exit codes', () => {
  test('0 when nothing fails, also with warnings; --strict makes them fail', async () => {
    const cwd = await setUp('notify: {slack: {webhook_url: "https://hooks.slack.com/services/T0/B0/x"}}');
    chmodSync(path.join(cwd, 'nightcrier.yaml'), 0o644);
    const { code, out } = await doctor(cwd, '--only', 'config');
    expect(out).toContain('NC-CONFIG-040');
    expect(code).toBe(0);
    expect((await doctor(cwd, '--only', 'config', '--strict')).code).toBe(1);
  });

  test('1 when one fails, and what comes next is named', async () => {
    const { code, out, err } = await doctor(await setUp(), '--only', 'clusters');
    expect(code).toBe(1);
    expect(out).toContain('× the MCP server of east answers');
    expect(err).toContain('next: nightcrier explain NC-CLUSTER-001');
  });

  test('2 when the configuration cannot be used: each mistake with its place', async () => {
    const cwd = await setUp('sweeep: {interval: 1}', 'severity_threshold: loud');
    const { code, out } = await doctor(cwd);
    expect(code).toBe(2);
    expect(out).toContain('NC-CONFIG-006');
    expect(out).toContain('NC-CONFIG-007');
    expect(out).toMatch(/nightcrier\.yaml:6:1: unknown key "sweeep"/);
  });

  test.each([[['--only', 'nothing']], [['--wait', 'soon']], [['--nope']], [['-o', 'xml']]])(
    '2 for %j',
    async (args) => {
      expect((await doctor(await setUp(), ...args)).code).toBe(2);
    },
  );

  test('2 for a cluster that is not configured, with those that are', async () => {
    const { code, err } = await doctor(await setUp(), '--cluster', 'west');
    expect(code).toBe(2);
    expect(err).toContain('use one of: east');
  });
});

describe('UX-8: forms', () => {
  test('JSON fits its schema, whole and when the configuration is wrong', async () => {
    for (const cwd of [await setUp(), await setUp('nope: 1')]) {
      const { out, err } = await doctor(cwd, '-o', 'json');
      expect(err).toBe('');
      const parsed: unknown = JSON.parse(out);
      expect(doctorSchema.strict().parse(parsed)).toEqual(parsed);
    }
  });

  test('every code that it says can be explained', async () => {
    const report = doctorSchema.parse(JSON.parse((await doctor(await setUp(), '-o', 'json')).out));
    const codes = report.checks.flatMap(({ problem }) => problem?.code ?? []);
    expect(codes).toContain('NC-CLUSTER-001');
    expect(codes.filter((code) => !allKinds().has(code))).toEqual([]);
  });
});

describe('OPS-4: beside a running daemon', () => {
  async function beside(fixture: HealthFixture, ...args: string[]) {
    const cwd = tempDir({ 'nightcrier.yaml': text(Number(new URL(fixture.url).port)) });
    const { code, out } = await doctor(cwd, ...args, '-o', 'json');
    return { code, report: doctorSchema.parse(JSON.parse(out)) };
  }

  test('it is asked: a cluster with which it has no trouble is not asked again, and its own problems are told', async () => {
    const fixture = await HealthFixture.start();
    try {
      const said = { code: 'NC-NOTIFY-003', message: 'standard output is gone', fix: 'look' };
      const common = { severity: 'error', since: sampleTime } as const;
      fixture.statuses = [sampleStatus({ cluster: 'east' })];
      fixture.problems = [{ cluster: null, ...said, ...common }];
      const { code, report } = await beside(fixture);
      expect(report.daemon).toBe(fixture.url);
      const of = (id: string) => report.checks.filter((check) => check.id === id);
      // Nobody listens at its address: what the daemon says counts.
      expect(of('cluster.answers')).toMatchObject([{ result: 'passed' }]);
      expect(of('data.port')).toMatchObject([{ result: 'passed' }]);
      expect(of('daemon.problems')).toMatchObject([{ result: 'failed', problem: { code: 'NC-NOTIFY-003' } }]);
      expect(code).toBe(1);
    } finally {
      await fixture.stop();
    }
  });

  test('one that it cannot reach is asked from here as well, and a problem is not told twice', async () => {
    const fixture = await HealthFixture.start();
    try {
      const error = { code: 'NC-CLUSTER-001', message: 'connect ECONNREFUSED', fix: 'start it' };
      fixture.statuses = [sampleStatus({ cluster: 'east', state: 'failed', error })];
      fixture.problems = [{ cluster: 'east', ...error, severity: 'error', since: sampleTime }];
      const { report } = await beside(fixture);
      const codes = report.checks.flatMap(({ problem }) => problem?.code ?? []);
      expect(codes.filter((code) => code === 'NC-CLUSTER-001')).toHaveLength(1);
    } finally {
      await fixture.stop();
    }
  });

  test('one that wants another token is a problem', async () => {
    const fixture = await HealthFixture.start({ token: () => 'secret' });
    try {
      const { report } = await beside(fixture, '--only', 'daemon');
      expect(report.checks).toMatchObject([{ result: 'failed', problem: { code: 'NC-HEALTH-001' } }]);
    } finally {
      await fixture.stop();
    }
  });
});

test('OPS-4: --wait tries again until nothing fails', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const cwd = tempDir({ 'nightcrier.yaml': text((other.address() as AddressInfo).port) });
  const rounds: number[] = [];
  // What has the port lets go of it after the first round.
  const onAgain = (failed: readonly unknown[]): void => {
    rounds.push(failed.length);
    other.close();
  };
  const deps: Partial<CliDeps> = { runDoctor: (options, signal) => runDoctor({ ...options, onAgain }, signal) };
  const { code } = await cli(['doctor', '--only', 'data', '--wait', '30s'], { cwd, env, deps });
  expect({ code, rounds }).toEqual({ code: 0, rounds: [1] });
});
