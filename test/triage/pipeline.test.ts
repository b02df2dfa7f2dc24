import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { unknownPermissions } from '../../src/domain/permissions.ts';
import { StoreUnavailableError } from '../../src/domain/state-store.ts';
import { verdictSchema } from '../../src/domain/verdict/verdict.ts';
import { missingSections } from '../../src/triage/output/check-output.ts';
import { TriageBench, type TriageBenchOptions } from '../support/triage-bench.ts';
import { waitUntil } from '../support/wait-until.ts';

let bench: TriageBench;
afterEach(() => bench.cleanUp());

function makeBench(options: TriageBenchOptions = {}): TriageBench {
  bench = new TriageBench(options);
  return bench;
}

const cluster = {
  name: 'prod',
  kubeconfig: '/etc/kubeconfigs/prod.yaml',
  context: 'prod-admin',
  allowSecrets: true,
};

test('TRI-2, TRI-5: a run with the built-in analyst leaves the workspace of the contract', async () => {
  makeBench({ clusters: [cluster] });
  const run = await bench.runOne();
  const dir = bench.workspaceOf(run);
  expect(run).toMatchObject({ status: 'succeeded', result: { outcome: 'answered', agent: 'builtin', defects: [] } });
  expect(readdirSync(dir).sort()).toEqual([
    'evidence',
    'incident.json',
    'incident_cluster_permissions.json',
    'kubeconfig',
    'logs',
    'output',
    'prompt.md',
    'system.md',
  ]);
  const incident = json(dir, 'incident.json');
  expect(Object.keys(incident)).toEqual(
    'id cluster environment labels status severity opened_at resource owner family faults title'.split(' '),
  );
  expect(missingSections(readFileSync(path.join(dir, 'output/investigation.md'), 'utf8'))).toEqual([]);
  expect(verdictSchema.parse(json(dir, 'output/verdict.json')).causes).toHaveLength(1);
  expect(readFileSync(path.join(dir, 'kubeconfig'), 'utf8')).toContain('/etc/kubeconfigs/prod.yaml prod-admin');
});

test('TRI-2: directories are 0700 and files 0600', async () => {
  makeBench({ clusters: [cluster] });
  const run = await bench.runOne();
  for (const { name, mode, folder } of walk(bench.settings.workspaces)) {
    expect(`${name} ${mode}`).toBe(`${name} ${folder ? '700' : '600'}`);
  }
  expect(run.result?.durationMs).toBeGreaterThanOrEqual(0);
});

test('PER-4: the permission snapshot is in the workspace and in the artifacts', async () => {
  makeBench();
  bench.snapshot = { ...unknownPermissions('prod', 0, 'x', false), can_get_pods: true, minimum_met: true };
  const run = await bench.runOne();
  expect(json(bench.workspaceOf(run), 'incident_cluster_permissions.json')).toEqual(bench.snapshot);
  expect(JSON.parse(bench.artifacts.text('incident_cluster_permissions.json') ?? '')).toEqual(bench.snapshot);
});

test('PER-4: without an answer the snapshot says that it is unknown', async () => {
  makeBench({ clusters: [cluster] });
  const run = await bench.runOne();
  const snapshot = json(bench.workspaceOf(run), 'incident_cluster_permissions.json');
  expect(snapshot).toMatchObject({ cluster_name: 'prod', can_get_pods: null, minimum_met: null });
  expect(snapshot['secrets_access_allowed']).toBe(true);
  expect(snapshot['error']).toBeTruthy();
});

test('STO-2: the artifacts are those of the contract, and the kubeconfig is never one', async () => {
  makeBench({ clusters: [cluster] });
  await bench.runOne();
  expect(bench.artifacts.paths()).toEqual([
    'evidence/logs/shop/cart/cart.log',
    'findings.json',
    'incident.json',
    'incident_cluster_permissions.json',
    'investigation.html',
    'investigation.md',
    'logs/events.jsonl',
    'verdict.json',
  ]);
  expect(JSON.parse(bench.artifacts.text('incident.json') ?? '')).toMatchObject({ status: 'reported' });
  expect([...bench.artifacts.stored.keys()]).toEqual([expect.stringMatching(/^prod\/inc_/)]);
});

test('TRI-2: events.jsonl tells each stage in order', async () => {
  makeBench();
  const run = await bench.runOne();
  const lines = readFileSync(path.join(bench.workspaceOf(run), 'logs/events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const events = lines.map((line) => JSON.parse(line) as { at: string; event: string; stage?: string });
  expect(events.filter(({ event }) => event === 'stage_started').map(({ stage }) => stage)).toEqual([
    'permissions',
    'evidence',
    'analyst',
    'admission',
    'agent',
    'validate',
    'store',
    'notify',
  ]);
  expect(events.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true);
  expect(events.at(-1)).toMatchObject({ event: 'finished', outcome: 'answered' });
});

test('TRI-1: a run that is taken up again starts with an empty output and evidence', async () => {
  makeBench();
  const claim = await bench.claim();
  await bench.pipeline()(claim, new AbortController().signal);
  const dir = bench.workspaceOf(claim.run);
  writeFileSync(path.join(dir, 'output/stale.md'), 'old');
  writeFileSync(path.join(dir, 'evidence/stale.txt'), 'old');
  bench.store.runs.set(claim.run.id, { ...claim.run, status: 'running', attempt: 2 });
  bench.registry.clear();
  await bench.pipeline()(claim, new AbortController().signal);
  expect(readdirSync(path.join(dir, 'output')).sort()).toEqual(['investigation.md', 'verdict.json']);
  expect(readdirSync(path.join(dir, 'evidence'))).toEqual(['logs']);
});

test('a collector that throws costs the evidence and not the report', async () => {
  makeBench();
  bench.analyst.collectError = new Error('boom');
  const run = await bench.runOne();
  expect(run.result).toMatchObject({ outcome: 'answered', error: 'evidence: boom' });
  expect(run.result?.summary?.missing).toEqual(['all evidence: boom']);
});

test('STO-3: a run fails only when the analyst could not run, and is then not stored', async () => {
  makeBench();
  bench.analyst.analyseError = new Error('broken rule');
  const run = await bench.runOne();
  expect(run).toMatchObject({ status: 'failed', result: { outcome: 'failed', report: null, cause: null } });
  expect(run.result?.error).toContain('analyst: broken rule');
  expect(bench.store.incident(run.incidentId).status).toBe('failed');
  expect(bench.artifacts.puts).toBe(0);
});

test('STO-3: a failed run is stored when that is asked for', async () => {
  makeBench();
  bench.settings = { ...bench.settings, storeFailed: true };
  bench.analyst.analyseError = new Error('broken rule');
  const run = await bench.runOne();
  expect(run.result).toMatchObject({ outcome: 'failed', report: null });
  expect(bench.artifacts.paths()).toContain('logs/events.jsonl');
  expect(bench.artifacts.paths()).not.toContain('investigation.md');
});

test('STO-2: a put that fails is tried again, and the stored report is the one that is told', async () => {
  makeBench();
  bench.artifacts.failures = 1;
  const run = await bench.runOne();
  expect(bench.artifacts.puts).toBe(2);
  expect(run.result).toMatchObject({
    outcome: 'answered',
    report: `/artifacts/prod/${run.incidentId}/investigation.html`,
  });
});

test('STO-2: when the artifact store stays down the message goes out with the file in the workspace', async () => {
  makeBench();
  bench.artifacts.failures = 1000;
  const run = await bench.runOne();
  expect(bench.artifacts.puts).toBe(2);
  expect(run.result?.outcome).toBe('answered');
  expect(run.result?.error).toContain('store: the store is full');
  expect(readFileSync(run.result?.report ?? '', 'utf8')).toContain('The key REDIS_URL is missing.');
});

test('TRI-1: a result waits for a state store that refuses, and is not thrown away', async () => {
  makeBench();
  const claim = await bench.claim();
  bench.store.unavailable = true;
  const done = bench.pipeline()(claim, new AbortController().signal);
  await waitUntil(() => bench.store.refusals >= 1, 'a refusal');
  bench.store.unavailable = false;
  await done;
  expect(bench.store.run(claim.run.id).status).toBe('succeeded');
  expect(await metric('nightcrier_triage_store_failures_total')).toMatch(/ [1-9]/);
});

test('TRI-1: a result that the store calls impossible ends the run with an error, not in a loop', async () => {
  makeBench();
  const claim = await bench.claim();
  bench.store.runs.set(claim.run.id, { ...claim.run, status: 'cancelled' });
  await expect(bench.pipeline()(claim, new AbortController().signal)).rejects.toThrow('is cancelled, not running');
});

test('OPS-5: an aborted run rejects and finishes nothing', async () => {
  makeBench();
  bench.analyst.gate = new Promise(() => {});
  const claim = await bench.claim();
  const stop = new AbortController();
  const done = bench.pipeline()(claim, stop.signal);
  await waitUntil(() => bench.analyst.requests.length === 1, 'the collector');
  stop.abort(new Error('stopped'));
  await expect(done).rejects.toThrow('stopped');
  expect(bench.store.run(claim.run.id).status).toBe('running');
});

test('OPS-5: an abort while the store refuses ends the wait', async () => {
  makeBench();
  const claim = await bench.claim();
  bench.store.unavailable = true;
  const stop = new AbortController();
  const done = bench.pipeline()(claim, stop.signal);
  await waitUntil(() => bench.store.refusals >= 1, 'a refusal');
  stop.abort(new Error('stopped'));
  await expect(done).rejects.toThrow('stopped');
});

test('a workspace that cannot be made costs the files and not the answer', async () => {
  makeBench();
  bench.settings = { ...bench.settings, workspaces: import.meta.filename };
  const run = await bench.runOne();
  expect(run.result).toMatchObject({ outcome: 'answered', confidence: 'high' });
  expect(run.result?.error).toContain('workspace:');
  expect(bench.artifacts.text('investigation.md')).toContain('Report of built-in');
});

test('OPS-2: runs, results and durations are counted', async () => {
  makeBench();
  await bench.runOne();
  expect(await metric('nightcrier_triage_runs_total')).toContain('agent="builtin",result="answered"} 1');
  expect(await metric('nightcrier_triage_run_duration_seconds')).toContain('_count{agent="builtin"} 1');
  expect(await metric('nightcrier_report_defects_total')).toContain('{defect="timed_out"} 0');
  expect(new StoreUnavailableError('x').name).toBe('StoreUnavailableError');
});

function json(dir: string, file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(dir, file), 'utf8')) as Record<string, unknown>;
}

function metric(name: string): Promise<string> {
  return bench.registry.getSingleMetricAsString(name);
}

function* walk(dir: string): Generator<{ name: string; mode: string; folder: boolean }> {
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const stat = statSync(path.join(entry.parentPath, entry.name));
    yield { name: entry.name, mode: (stat.mode & 0o777).toString(8), folder: entry.isDirectory() };
  }
}
