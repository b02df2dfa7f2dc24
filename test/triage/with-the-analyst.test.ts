import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createAnalyst } from '../../src/analyst/create-analyst.ts';
import { inThread } from '../../src/analyst/thread/in-thread.ts';
import type { Analyst } from '../../src/domain/ports.ts';
import { findingsSchema } from '../../src/domain/verdict/findings.ts';
import type { ClusterReader, KubeObject } from '../../src/kube/cluster-reader.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { checkOutput } from '../../src/triage/output/check-output.ts';
import { ObjectsReader } from '../support/objects-reader.ts';
import { TriageBench, agentFixture, runAgentScript } from '../support/triage-bench.ts';

/* The pipeline with the real analyst, over a pod whose image does not exist. */
const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'app-1', namespace: 'shop', uid: 'uid-app-1', creationTimestamp: '2026-11-20T08:00:00Z' },
  spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'registry.example/cart:v999' }] },
  status: {
    phase: 'Pending',
    containerStatuses: [
      {
        name: 'main',
        image: 'registry.example/cart:v999',
        ready: false,
        restartCount: 0,
        state: {
          waiting: {
            reason: 'ImagePullBackOff',
            message: 'Back-off pulling image "registry.example/cart:v999": ErrImagePull: manifest unknown: not found',
          },
        },
      },
    ],
  },
};

let bench: TriageBench;
afterEach(() => bench.cleanUp());

function analystOver(...readers: ClusterReader[]): Analyst {
  return inThread(createAnalyst({ readersFor: () => readers }), { clock: systemClock, logger: silentLogger });
}

function makeBench(agent: Record<string, unknown> = {}): void {
  const reader = new ObjectsReader([pod, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }]);
  bench = new TriageBench({ agent, analyst: analystOver(reader) });
}

test('TRI-5, TRI-6: the built-in report and verdict hold against the contract that agents are held to', async () => {
  makeBench();
  const run = await bench.runOne();
  expect(run.result).toMatchObject({ outcome: 'answered', defects: [], error: null });
  expect(run.result?.cause).toContain('v999');
  const analyst = analystOver();
  const files = [...bench.artifacts.stored.values()]
    .flat()
    .filter(({ path }) => path.startsWith('evidence/'))
    .map(({ path, content }) => ({ path, text: content.toString() }));
  const exited = { reason: 'exit', exitCode: 0, exitSignal: null, stdout: '', stderr: '' } as const;
  const ended = { ...exited, droppedBytes: 0, durationMs: 1, error: null };
  const evidence = { files, missing: [], apiCalls: 0 };
  const checked = await checkOutput(ended, bench.workspaceOf(run), { evidence, served: [], builtin: null }, analyst);
  expect(checked).toMatchObject({ kind: 'good', checked: { remarks: [] } });
});

test('TRI-6: an agent whose cause the evidence does not hold loses to the built-in report', async () => {
  makeBench({ cli: 'custom', command: [agentFixture('answer')] });
  const run = await bench.runOne();
  expect(run.result).toMatchObject({ outcome: 'fallback', defects: ['evidence_not_found'] });
  expect(run.result?.cause).toContain('v999');
  expect(bench.artifacts.text('investigation.md')).toContain("Built-in analyst's report");
});

test('TRI-3: run-agent.sh --cli builtin gives by hand what the daemon gave', async () => {
  makeBench();
  const run = await bench.runOne();
  const dir = bench.workspaceOf(run);
  const verdict = path.join(dir, 'output/verdict.json');
  const before: unknown = JSON.parse(readFileSync(verdict, 'utf8'));
  rmSync(path.join(dir, 'output'), { recursive: true });
  const args = ['--incident', run.incidentId, '--cluster', 'prod', '--workspace', dir];
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: bench.dir };
  const result = await spawnProcess(runAgentScript, args, { env, timeoutMs: 25_000 });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(readFileSync(verdict, 'utf8'))).toEqual(before);
});

test('STO-2, UX-21: its page comes from the same model as its markdown, and links what it cites', async () => {
  makeBench();
  const run = await bench.runOne();
  const html = bench.artifacts.text('investigation.html') ?? '';
  const markdown = bench.artifacts.text('investigation.md') ?? '';
  const findings = findingsSchema.parse(JSON.parse(bench.artifacts.text('findings.json') ?? ''));
  for (const title of ['What shows it', 'Timeline', 'Investigations', 'Files'])
    expect(html).toContain(`>${title}</h2>`);
  for (const text of [run.result?.cause ?? '', findings.evidence[0]?.words ?? '']) {
    expect(text).not.toBe('');
    expect([html.split(text).length, markdown.split(text).length]).toEqual([2, 2]);
  }
  const cited = findings.evidence.map(({ file }) => file);
  expect(cited.length).toBeGreaterThan(0);
  for (const path of cited) {
    expect(html).toContain(`href="${path}"`);
    expect(markdown).toContain(`](${path})`);
    expect(bench.artifacts.text(path)).not.toBeNull();
  }
});
