import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordingsDir } from '../../eval/sets.ts';
import { loadRecordings, pack, type Recording } from '../../eval/recording.ts';
import { verdictSchema } from '../../src/domain/verdict/verdict.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { compileCache } from '../support/cli-process.ts';
import { newTempDir } from '../support/temp-dir.ts';

const script = path.join(import.meta.dirname, '..', '..', 'eval', 'run.ts');

async function runEval(...args: string[]) {
  const env = { ...compileCache, PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const limits = { timeoutMs: 60_000, maxOutputBytes: 32 * 1024 * 1024 };
  const { exitCode, stdout, stderr } = await spawnProcess(process.execPath, [script, ...args], { env, ...limits });
  return { exitCode, stdout, stderr };
}

function recording(id: string): Recording {
  return loadRecordings(path.join(recordingsDir, `${id}.json.br`))[0]!;
}

/** Two recordings, one of them with a changed truth. */
async function withTwo(change: (scenario: string) => string, work: (dir: string) => Promise<void>): Promise<void> {
  const { dir, remove } = newTempDir();
  try {
    mkdirSync(dir, { recursive: true });
    const [fault, control] = [recording('001-missing-env'), recording('c01-all-healthy')];
    writeFileSync(path.join(dir, 'a.json.br'), pack({ ...fault, scenario: change(fault.scenario) }));
    writeFileSync(path.join(dir, 'b.json.br'), pack(control));
    await work(dir);
  } finally {
    remove();
  }
}

interface Output {
  readonly scenarios: readonly Record<string, unknown>[];
  readonly summary: Record<string, unknown>;
}

describe('QUA-1: npm run eval', () => {
  test('-o json is one object with a verdict, a report, scores and costs for each recording', () =>
    withTwo(
      (text) => text,
      async (dir) => {
        const { exitCode, stdout, stderr } = await runEval('--dir', dir, '-o', 'json');
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
        const { scenarios, summary } = JSON.parse(stdout) as Output;
        expect(scenarios.map((it) => it['id'])).toEqual(['001-missing-env', 'c01-all-healthy']);
        for (const it of scenarios) {
          const keys = ['id', 'verdict', 'report', 'flagged_instructions', 'api_calls', 'ms', 'scores'];
          expect(Object.keys(it)).toEqual(keys);
          expect(verdictSchema.safeParse(it['verdict']).success).toBe(true);
          expect(it['report']).toContain('## Triage card');
          expect(it['api_calls']).toBeGreaterThan(5);
        }
        expect(scenarios[0]!['scores']).toMatchObject({ cause_first: true, wrong_value: true });
        expect(summary).toMatchObject({ faults: 1, controls: 1, cause_first: 1, controls_cleared: 1 });
        expect(summary['by_difficulty']).toMatchObject({ medium: { faults: 1 } });
      },
    ));

  test('the truth is no part of the answer: another truth scores wrong', () =>
    withTwo(
      (text) => text.replace('mechanism: missing_env', 'mechanism: oom_limit'),
      async (dir) => {
        const { stdout } = await runEval('--dir', dir, '-o', 'json');
        const { scenarios, summary } = JSON.parse(stdout) as Output;
        expect(scenarios[0]!['verdict']).toMatchObject({ causes: [{ mechanism: 'missing_env' }] });
        expect(scenarios[0]!['scores']).toMatchObject({ cause_first: false, wrong_value: false });
        expect(summary).toMatchObject({ cause_first: 0, precision_at_full_recall: 0 });
      },
    ));

  test('a recording without its truth is answered', () =>
    withTwo(
      (text) => text.replace(/^(is_fault|root_cause|also_accept|victims):.*(\n[ -].*)*/gm, ''),
      async (dir) => {
        const { exitCode, stdout } = await runEval('--dir', dir, '-o', 'json');
        expect(exitCode).toBe(0);
        const [first] = (JSON.parse(stdout) as Output).scenarios;
        expect(first).toMatchObject({ scores: null, verdict: { causes: [{ mechanism: 'missing_env' }] } });
      },
    ));

  test('--explain shows the evidence, the graph, the rules and what each needed', async () => {
    const { exitCode, stdout } = await runEval('--explain', '067');
    expect(exitCode).toBe(0);
    for (const part of ['## Evidence', '## Graph', '## Rules that fired', '  - needs: ', '## Report'])
      expect(stdout).toContain(part);
  });

  test.each<[string, string[], string]>([
    ['an unknown option', ['--colour'], "Unknown option '--colour'"],
    ['an unknown format', ['-o', 'xml'], '-o xml: text or json'],
    ['a folder that is not there', ['--dir', '/nowhere/at/all'], '/nowhere/at/all does not exist'],
    ['a recording that is not there', ['--explain', 'zzz'], 'no recording zzz'],
    ['a beginning of several', ['--report', '00'], '00 is the beginning of: 001-missing-env'],
    ['--check of another set', ['--check', '--dir', '.'], '--check compares the sets of the project'],
    ['a set that is not there', ['--set', 'dreams'], '--set dreams: recordings, reports, public'],
    ['a set and a folder', ['--set', 'reports', '--dir', '.'], '--set and --dir cannot be combined'],
    ['two things at once', ['--check', '--explain', '001'], '--check and --explain cannot be combined'],
  ])('%s is refused with exit code 2', async (_name, args, text) => {
    const { exitCode, stdout, stderr } = await runEval(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(text);
  });
});
