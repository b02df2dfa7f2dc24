import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import * as appErrors from '../../../src/app/errors.ts';
import { problemKinds } from '../../../src/checks/problem-kinds.ts';
import { causesOf, registry } from '../../../src/checks/run/registry.ts';
import { type SeenProblem, StandingProblems } from '../../../src/checks/run/standing.ts';
import { clustersJson } from '../../../src/domain/wire/cluster.ts';
import { type Logger, silentLogger } from '../../../src/lib/log.ts';
import { problem } from '../../../src/lib/problem.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const kinds = problemKinds([appErrors]);

function board(saidElsewhere: ReadonlySet<string> = new Set()) {
  const clock = new ManualClock();
  const lines: { level: string; message: string; code: string; cluster?: string }[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, ...(fields as { code: string }) });
  const logger: Logger = { ...silentLogger, info: note('info'), warn: note('warn') };
  const metrics = new Registry();
  const seen: { now: SeenProblem[]; fails: boolean } = { now: [], fails: false };
  const see = async () => {
    if (seen.fails) throw new Error('the store is away');
    return seen.now;
  };
  const standing = new StandingProblems({ clock, logger, registry: metrics, kinds, saidElsewhere, see });
  const failing = async (code: string) =>
    Number(new RegExp(`nightcrier_check_failing\\{code="${code}"\\} (\\d+)`).exec(await metrics.metrics())?.[1]);
  return { clock, lines, seen, standing, failing };
}

const of = (code: string, cluster: string | null, message = 'it is so'): SeenProblem => {
  const kind = kinds.get(code);
  if (kind === undefined) throw new Error(`no kind ${code}`);
  return { cluster, problem: problem(kind, message) };
};

describe('OPS-4, UX-10: every code is told in the same way by all who show it', () => {
  const shown = [...new Set(registry.flatMap((check) => check.kinds.map(({ code }) => code)))];

  test('the table has the codes of all checks', () => {
    expect(shown.length).toBeGreaterThan(80);
  });

  test.each(shown)('%s: health, log and metric say it once it has stood, and that it is gone', async (code) => {
    const { clock, lines, seen, standing, failing } = board();
    const kind = kinds.get(code);
    for (const cluster of [null, 'prod-eu']) {
      lines.length = 0;
      seen.now = [of(code, cluster)];
      await standing.current();
      await clock.advance(kind?.visibleAfterMs ?? 0);
      const current = await standing.current();
      const health = clustersJson([sampleStatus()], { incidents: [], breakers: [], today: [] }, current, clock.now());
      const list = cluster === null ? health.problems : health.clusters[0]?.problems;
      expect(list).toMatchObject([{ code, message: 'it is so', severity: kind?.severity ?? 'error' }]);
      expect(lines).toMatchObject([{ level: 'warn', message: 'a problem stands', code, fix: kind?.fix }]);
      expect(lines[0]?.cluster ?? null).toBe(cluster);
      expect(await failing(code)).toBe(1);

      seen.now = [];
      expect(await standing.current()).toEqual([]);
      expect(lines.slice(1)).toMatchObject([{ level: 'info', message: 'a problem is gone', code }]);
      expect(await failing(code)).toBe(0);
    }
  });
});

describe('what stands', () => {
  test('UX-10: what comes and goes within its time is shown nowhere', async () => {
    const { clock, lines, seen, standing, failing } = board();
    for (let turn = 0; turn < 5; turn += 1) {
      seen.now = [of('NC-CLUSTER-001', 'east')];
      expect(await standing.current()).toEqual([]);
      await clock.advance(59_999);
      expect(await standing.current()).toEqual([]);
      seen.now = [];
      expect(await standing.current()).toEqual([]);
      await clock.advance(1);
    }
    expect(lines).toEqual([]);
    expect(await failing('NC-CLUSTER-001')).toBe(0);
  });

  test('OPS-4: it is said once, however often it is looked at and its words change', async () => {
    const { clock, lines, seen, standing } = board();
    for (const message of ['first', 'second', 'third']) {
      seen.now = [of('NC-KUBE-026', 'east', message)];
      expect((await standing.current())[0]).toMatchObject({ message });
      await clock.advance(1000);
    }
    expect(lines).toHaveLength(1);
  });

  test('OPS-4: one that follows from another of its cluster is hidden while that one stands', async () => {
    const { seen, standing } = board();
    const codes = async () => (await standing.current()).map(({ cluster, code }) => `${cluster} ${code}`);
    expect(causesOf('NC-KUBE-026')).toContain('NC-KUBE-022');
    seen.now = [of('NC-KUBE-022', 'east'), of('NC-KUBE-026', 'east'), of('NC-KUBE-026', 'west')];
    expect(await codes()).toEqual(['east NC-KUBE-022', 'west NC-KUBE-026']);
    seen.now = [of('NC-KUBE-026', 'east')];
    expect(await codes()).toEqual(['east NC-KUBE-026']);
  });

  test('OPS-4: when nobody can look, everything stays as it was', async () => {
    const { lines, seen, standing } = board();
    seen.now = [of('NC-HOST-004', null)];
    await standing.current();
    seen.fails = true;
    expect(await standing.current()).toMatchObject([{ code: 'NC-HOST-004' }]);
    expect(lines).toHaveLength(1);
  });

  test('OPS-4: what its own part says in the log is shown, and not said again there', async () => {
    const { lines, seen, standing, failing } = board(new Set(['NC-NOTIFY-003']));
    seen.now = [of('NC-NOTIFY-003', null)];
    expect(await standing.current()).toHaveLength(1);
    expect(await failing('NC-NOTIFY-003')).toBe(1);
    seen.now = [];
    await standing.current();
    expect(lines).toEqual([]);
  });

  test('OPS-4: at most 10,000 are remembered, and texts of clusters are cut in the log', async () => {
    const { lines, seen, standing } = board();
    seen.now = Array.from({ length: 10_100 }, (_, i) => of('NC-KUBE-026', `c${i}`, 'x'.repeat(2000)));
    expect(await standing.current()).toHaveLength(10_000);
    expect((lines[0] as unknown as { detail: string }).detail).toHaveLength(500);
  });

  test('OPS-4: it looks by itself until it is stopped', async () => {
    const { clock, lines, seen, standing } = board();
    standing.start();
    seen.now = [of('NC-HOST-002', null)];
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise(setImmediate);
      await clock.advance(15_000);
    }
    await new Promise(setImmediate);
    expect(lines).toHaveLength(1);
    await standing.stop();
    seen.now = [];
    await clock.advance(60_000);
    await new Promise(setImmediate);
    expect(lines).toHaveLength(1);
  });
});
