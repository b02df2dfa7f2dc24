import { mkdirSync, copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../src/domain/wire/doctor.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { crashLoop, prepareShop } from '../support/active-faults.ts';
import { CliProcess } from '../support/cli-process.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { startKubeletLogs } from '../support/kubelet-logs.ts';
import { startStockServer } from '../support/stock-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const project = path.join(import.meta.dirname, '..', '..');

/** What somebody does who has a kubeconfig, kubectl and this program, and has never used it: commands, and no editor. */
class Newcomer {
  commands = 0;
  readonly cwd: string;
  readonly #env: Record<string, string>;
  readonly #started = performance.now();

  constructor(kubeconfig: string) {
    this.cwd = tempDir();
    mkdirSync(path.join(this.cwd, '.kube'));
    copyFileSync(kubeconfig, path.join(this.cwd, '.kube', 'config'));
    this.#env = { HOME: this.cwd, PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}` };
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#started) / 100) / 10;
  }

  start(...argv: string[]): CliProcess {
    this.commands += 1;
    return new CliProcess(argv, { cwd: this.cwd, env: this.#env });
  }

  /** What `doctor` has to say: failures and warnings. */
  async checkUp(): Promise<object[]> {
    const report = JSON.parse(await this.run('doctor', '-o', 'json')) as DoctorReport;
    return report.checks.filter(({ result }) => result === 'failed' || result === 'warning');
  }

  run(...argv: string[]): Promise<string> {
    return this.start(...argv).success(60_000);
  }
}

describe.skipIf(cannotRun('a newcomer', 'kubelets'))('from a kubeconfig to the first report', () => {
  const cleanups = new Cleanups();
  let plane: ControlPlane;

  beforeAll(async () => {
    const logs = await startKubeletLogs();
    cleanups.add('logs', () => logs.stop());
    plane = await startControlPlane({ level: 'kubelets', kubeletPort: logs.port });
    cleanups.add('control plane', () => plane.stop());
    await prepareShop(plane);
    await crashLoop(plane, logs);
  }, 120_000);
  afterAll(() => cleanups.run(), 60_000);

  /** Runs the daemon until it tells the cause; gives what the commands beside it say then. */
  async function untilReported(person: Newcomer) {
    const daemon = person.start('run', '--health-port', 'auto');
    try {
      const told = (): boolean => daemon.out.includes('PAYMENTS_TOKEN');
      await waitUntil(told, `the first report; it said: ${daemon.out.slice(-2000)} ${daemon.err.slice(-2000)}`, 90_000);
      const { seconds, commands } = person;
      const url = /http:\/\/[\d.]+:\d+/.exec(daemon.err)?.[0] ?? '';
      const health = (await (await fetch(`${url}/health/clusters`)).json()) as { clusters: object[] };
      const listed = JSON.parse(await person.run('incidents', '-o', 'json')) as { incidents: { report: string }[] };
      daemon.send('SIGTERM');
      expect(await daemon.end(30_000)).toBe(0);
      return { seconds, commands, cluster: health.clusters[0], report: listed.incidents[0]?.report ?? '' };
    } finally {
      daemon.kill();
    }
  }

  /** Nothing that the report looked for was refused to the credential, and the credential can do nothing else. */
  function expectReadAll({ report, cluster }: Awaited<ReturnType<typeof untilReported>>): void {
    const verdict = readFileSync(path.join(path.dirname(report), 'verdict.json'), 'utf8');
    expect(verdict).toContain('PAYMENTS_TOKEN');
    expect(verdict).not.toMatch(/forbidden|refused|cannot be read/i);
    const permissions = { minimum_met: true, can_write: [], warnings: [] };
    expect(cluster).toMatchObject({ status: 'active', triage_enabled: true, permissions });
  }

  test('UX-4 OPS-4: without any server: four commands, one of them to look whether all is well, and no file is edited', async () => {
    const person = new Newcomer(plane.kubeconfig);
    await person.run('kubeconfig', 'create', '--context', 'test');
    await person.run('init');
    expect(await person.checkUp()).toEqual([]);
    const seen = await untilReported(person);
    console.log(`a newcomer, the API watched: first report after ${seen.seconds} s and ${seen.commands} commands`);
    expect(seen.commands).toBe(4);
    expect(seen.cluster).toMatchObject({ source: 'watch' });
    expectReadAll(seen);
  }, 180_000);

  test('UX-4 OPS-4: with the stock server, which runs with the rights of deploy/rbac/mcp-server.yaml', async () => {
    await plane.kubectl(['apply', '--validate=strict', '-f', path.join(project, 'deploy', 'rbac', 'mcp-server.yaml')]);
    const credential = await plane.kubeconfigOf('mcp-system', 'kubernetes-mcp-server');
    const server = await startStockServer(credential, 'table');
    try {
      const person = new Newcomer(plane.kubeconfig);
      await person.run('kubeconfig', 'create', '--context', 'test');
      await person.run('init', '--endpoint', server.endpoint);
      expect(await person.checkUp()).toEqual([]);
      const seen = await untilReported(person);
      console.log(`a newcomer, the stock server: first report after ${seen.seconds} s and ${seen.commands} commands`);
      expect(seen.commands).toBe(4);
      expect(seen.cluster).toMatchObject({ source: 'sweep' });
      expectReadAll(seen);
    } finally {
      await server.stop();
    }
  }, 180_000);

  test('UX-4: init and run alone do it, with the credential that the person has', async () => {
    const person = new Newcomer(plane.kubeconfig);
    await person.run('init');
    const seen = await untilReported(person);
    console.log(`a newcomer, init and run alone: first report after ${seen.seconds} s and ${seen.commands} commands`);
    expect(seen.commands).toBe(2);
    expect(seen.cluster).toMatchObject({
      permissions: { minimum_met: true, can_write: expect.arrayContaining(['delete pods']) },
    });
  }, 180_000);
});
