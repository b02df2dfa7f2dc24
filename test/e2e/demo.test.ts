import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultScripts } from '../../src/demo/fleet.ts';
import { CliProcess } from '../support/cli-process.ts';
import { networkNamespace } from '../support/network-namespace.ts';
import { newTempDir, tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Incident {
  readonly id: string;
  readonly cluster: string;
  readonly title: string;
  readonly fault_types: readonly string[];
  readonly cause: string | null;
  readonly confidence: string | null;
  readonly report: string | null;
}

interface Demo {
  readonly clusters: number;
  readonly faults: number;
  readonly incidents: readonly Incident[];
  readonly seconds: number;
}

/** A person on a bare machine: an empty home, and no kubectl on the path. */
function bareMachine(dir: string): Record<string, string> {
  return { HOME: dir, PATH: dir, TMPDIR: dir };
}

/** The folder that the demo printed. */
function dataDirOf(err: string): string {
  return /^ {2}data {7}(\S+) \(.*\)$/m.exec(err)?.[1] ?? '';
}

function incidentOf(demo: Demo, script: (typeof faultScripts)[number]): Incident | undefined {
  const { kind, namespace, name } = script.owner;
  const words = `${namespace === null ? '' : `${namespace}/`}${name} (${kind})`;
  return demo.incidents.find(({ cluster, title }) => cluster === script.cluster && title.endsWith(words));
}

describe('demo --once -o json on a bare machine', () => {
  const { dir, remove } = newTempDir();
  let run: CliProcess;
  let demo: Demo;
  let dataDir = '';

  beforeAll(async () => {
    run = new CliProcess(['demo', '--once', '--keep', '-o', 'json'], { env: bareMachine(dir), cwd: dir });
    demo = JSON.parse(await run.success(100_000)) as Demo;
    dataDir = dataDirOf(run.err);
  }, 110_000);

  afterAll(() => {
    run.kill();
    remove();
  });

  test('OPS-4: prints one JSON object with the keys of the contract, and nothing else on standard output', () => {
    expect(run.out.trim().split('\n')).toHaveLength(1);
    expect(Object.keys(demo).sort()).toEqual(['clusters', 'faults', 'incidents', 'seconds']);
    expect(demo.clusters).toBeGreaterThanOrEqual(3);
    expect(demo.faults).toBeGreaterThanOrEqual(faultScripts.length);
    expect(demo.seconds).toBeGreaterThan(0);
    const keys = ['cause', 'cluster', 'confidence', 'fault_types', 'id', 'report', 'title'];
    for (const incident of demo.incidents) {
      expect(Object.keys(incident).sort()).toEqual(keys);
      expect(incident.fault_types.length).toBeGreaterThan(0);
      expect(incident.id).toMatch(/^inc_[0-9A-Z]{26}$/);
    }
  });

  test('UX-1: every scripted fault is one incident with its cause and a report file that says it', () => {
    expect(faultScripts.length).toBeGreaterThanOrEqual(8);
    expect(demo.incidents).toHaveLength(faultScripts.length);
    for (const script of faultScripts) {
      const incident = incidentOf(demo, script);
      const name = `${script.cluster} ${script.owner.name}`;
      expect(incident?.fault_types).toContain(script.faultType);
      // Why a migration fails stands in its words alone: no rule joins them with an object.
      expect([name, incident?.confidence]).toEqual([name, script.owner.name === 'thumbnailer' ? 'medium' : 'high']);
      const report = incident?.report ?? '';
      expect([name, path.isAbsolute(report)]).toEqual([name, true]);
      for (const word of script.causeWords) {
        expect(`${name}: ${incident?.cause}`).toContain(word);
        expect(readFileSync(report, 'utf8')).toContain(word);
      }
    }
  });

  test('TRI-6: each report is beside its verdict and its evidence, and each cause is backed by them', () => {
    for (const { report, title } of demo.incidents) {
      const folder = path.dirname(report ?? '');
      const verdict = JSON.parse(readFileSync(path.join(folder, 'verdict.json'), 'utf8'));
      expect([title, verdict.is_fault]).toEqual([title, true]);
      expect(verdict.causes.length).toBeGreaterThan(0);
      for (const { file, quote } of verdict.causes[0].evidence) {
        expect(readFileSync(path.join(folder, file), 'utf8')).toContain(quote);
      }
      expect([title, existsSync(path.join(folder, 'index.html'))]).toEqual([title, true]);
    }
  });

  test('UX-1: the first run of each incident is its answer', async () => {
    for (const { id } of demo.incidents) {
      const { runs } = await show(id);
      expect(runs.map(({ attempt, status }) => [attempt, status])).toEqual([[1, 'succeeded']]);
    }
  });

  test('UX-2: says that the clusters are simulated, and that permissions are unknown and why', () => {
    expect(run.err).toContain(`${demo.clusters} simulated clusters`);
    expect(run.err).toMatch(/^ {2}simulated {2}\S/m);
    expect(run.err).toMatch(/^Permissions of 3 clusters are unknown: .*kubectl/m);
    expect(run.err).not.toMatch(/\n {4}at /);
  });

  test('OPS-4: incidents, show and why look at what the demo left', async () => {
    const listed = await json<{ incidents: Incident[] }>(['incidents', '-o', 'json']);
    expect(listed.incidents.map(({ id }) => id).sort()).toEqual(demo.incidents.map(({ id }) => id).sort());
    const [first] = demo.incidents;
    expect(await show(first?.id ?? '')).toMatchObject({ cause: first?.cause, report: first?.report });
    const script = faultScripts[0]!;
    const object = `${script.owner.kind}/${script.owner.namespace ?? ''}/${script.owner.name}`;
    const why = await json<{ faults: { outcome: string }[] }>(['why', script.cluster, object, '-o', 'json']);
    expect(why.faults.map(({ outcome }) => outcome)).toContain('opened');
  });

  interface Shown {
    readonly runs: readonly { readonly attempt: number; readonly status: string }[];
  }

  function show(id: string): Promise<Shown> {
    return json(['show', id, '-o', 'json']);
  }

  /** The output of a command beside the demo's data, by the configuration that the demo left there. */
  async function json<T>(argv: readonly string[]): Promise<T> {
    const config = path.join(dataDir, 'nightcrier.yaml');
    const command = new CliProcess([...argv, '--config', config], { env: bareMachine(dir), cwd: dir });
    return JSON.parse(await command.success()) as T;
  }
});

const { under, skip, why } = networkNamespace();

test.skipIf(skip !== null)(
  `UX-1, UX-2: the demo needs no network: its table comes without a single route${why}`,
  async () => {
    const dir = tempDir();
    const run = new CliProcess(['demo', '--once', '--keep'], {
      env: { HOME: dir, PATH: process.env['PATH'] ?? '', TMPDIR: dir },
      under,
    });
    try {
      const reports = (await run.success(100_000)).match(/^ {5}\/\S+investigation\.html$/gm) ?? [];
      expect(reports).toHaveLength(faultScripts.length);
      for (const report of reports) expect(existsSync(report.trim())).toBe(true);
      expect(run.out).not.toContain('no cause yet');
      expect(run.out).toMatch(
        new RegExp(`in 3 simulated clusters became ${faultScripts.length} incidents in [\\d.]+ s\\.\\n\\n$`),
      );
      expect(run.err).toMatch(/^Next:\n {2}1\. .*demo.*\n {2}2\. .*\n {2}3\. /m);
    } finally {
      run.kill();
    }
  },
  110_000,
);

describe('a demo that runs on', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'OPS-5: %s, twice as by Ctrl-C below npm, ends it in the middle of the play with exit 0, and without a stack trace',
    async (signal) => {
      const dir = tempDir();
      const run = new CliProcess(['demo'], { env: bareMachine(dir) });
      try {
        await waitUntil(() => run.err.includes('dashboard  http'), 'the address of the dashboard', 30_000);
        const url = /dashboard {2}(\S+)/.exec(run.err)?.[1] ?? '';
        expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).toContain('<h1>Now</h1>');
        const { summary } = (await (await fetch(`${url}health/clusters`)).json()) as { summary: { total: number } };
        expect(summary.total).toBe(3);
        const asked = performance.now();
        run.send(signal);
        run.send(signal);
        await run.success(10_000);
        console.log(`${signal}: ended after ${Math.round(performance.now() - asked)} ms`);
        expect(run.err).not.toMatch(/\n {4}at |Error/);
        // What it left is gone.
        expect(dataDirOf(run.err)).toContain('nightcrier-demo-');
        expect(existsSync(dataDirOf(run.err))).toBe(false);
      } finally {
        run.kill();
        rmSync(dir, { recursive: true, force: true });
      }
    },
    45_000,
  );
});
