import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sections, type Verdict } from '../../../src/domain/verdict/verdict.ts';
import type { EvidenceFile } from '../../../src/domain/ports.ts';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';
import { checkOutput, endDefect, missingSections, outputLimits } from '../../../src/triage/output/check-output.ts';
import { defects } from '../../../src/triage/output/defects.ts';
import { FakeAnalyst, reportOf, verdictOf } from '../../support/fake-analyst.ts';
import { tempDir } from '../../support/temp-dir.ts';

const good: SpawnResult = {
  reason: 'exit',
  exitCode: 0,
  exitSignal: null,
  stdout: '',
  stderr: '',
  droppedBytes: 0,
  durationMs: 2000,
  error: null,
};
const analyst = new FakeAnalyst();
const file = analyst.evidence.files[0]?.path ?? '';

interface Output {
  readonly report?: string | Buffer | null;
  readonly verdict?: string | Verdict | null;
  readonly run?: Partial<SpawnResult>;
  readonly served?: readonly EvidenceFile[];
  readonly builtin?: Verdict | null;
}

function check({
  report = reportOf('agent'),
  verdict = verdictOf(file),
  run = {},
  served = [],
  builtin = null,
}: Output) {
  const dir = tempDir();
  mkdirSync(path.join(dir, 'output'));
  if (report !== null) writeFileSync(path.join(dir, 'output/investigation.md'), report);
  const text = typeof verdict === 'object' ? JSON.stringify(verdict) : verdict;
  if (verdict !== null) writeFileSync(path.join(dir, 'output/verdict.json'), text);
  const known = { evidence: analyst.evidence, served, builtin };
  return checkOutput({ ...good, ...run }, dir, known, analyst);
}

async function defectsOf(output: Output): Promise<readonly string[]> {
  const checked = await check(output);
  return checked.kind === 'good' ? [] : checked.defects.map(({ defect }) => defect);
}

describe('TRI-6: a good output', () => {
  test('is taken with its checked verdict', async () => {
    const checked = await check({});
    expect(checked).toMatchObject({ kind: 'good', checked: { claims: 1, claimsBacked: 1, remarks: [] } });
  });

  test('"no cause found" is an answer', async () => {
    expect(await defectsOf({ verdict: { ...verdictOf(file), causes: [], missing: ['logs'] } })).toEqual([]);
  });

  test('one claim of two without its quote is removed, and the rest stands', async () => {
    const verdict = verdictOf(file);
    const [first] = verdict.causes;
    const causes = first ? [first, { ...first, rank: 2, evidence: [{ file, quote: 'never said' }] }] : [];
    const checked = await check({ verdict: { ...verdict, causes } });
    expect(checked).toMatchObject({ kind: 'good', checked: { claims: 2, claimsBacked: 1 } });
  });
});

describe('TRI-6: what the cluster answered the agent itself is evidence', () => {
  const table = {
    path: 'evidence/agent/002-list-pods-shop.txt',
    text: 'NAME   READY   STATUS\ncart-1   0/1   OOMKilled\n',
  };
  const log = { path: 'evidence/agent/003-get-pods-log-shop-cart-1.log', text: 'FATAL no route to redis\n' };
  const withRef = (name: string, quote: string): Verdict => {
    const verdict = verdictOf(file);
    return { ...verdict, causes: verdict.causes.map((cause) => ({ ...cause, evidence: [{ file: name, quote }] })) };
  };
  test.each([
    ['by its name', log.path, 'no route to redis', []],
    ['by the folder alone', 'evidence/agent/', 'no route to redis', []],
    ['by a name that it only guessed', 'evidence/agent/logs.txt', 'no route to redis', []],
    ['with the columns of kubectl', 'evidence/agent/', 'cart-1      0/1     OOMKilled', []],
    ['which nobody said', 'evidence/agent/', 'disk on fire', ['evidence_not_found']],
    ['outside of its folder', 'evidence/agents.txt', 'disk on fire', ['evidence_not_found']],
  ])('quoted %s', async (_name, from, quote, expected) => {
    const found = await defectsOf({ verdict: withRef(from, quote), served: [table, log] });
    // The columns are the real checker's to compare: see the claims of the analyst.
    expect(found.filter((name) => name !== 'claims_unbacked')).toEqual(expected);
  });
});

describe('TRI-6: a verdict that the evidence refutes is not delivered', () => {
  test('every cause of it is ruled out', async () => {
    analyst.refutes = ['no container of it was OOMKilled'];
    const refuted = await check({});
    analyst.refutes = [];
    expect(refuted).toMatchObject({
      defects: [{ defect: 'claims_refuted', detail: expect.stringContaining('no container of it') as string }],
    });
  });

  test.each<[string, Partial<Verdict>, Verdict | null, string[]]>([
    [
      'nothing is wrong, and the analyst is sure that something is',
      { is_fault: false, causes: [] },
      verdictOf(file),
      ['fault_denied'],
    ],
    ['nothing is wrong, and the analyst found nothing either', { is_fault: false, causes: [] }, verdictOf(null), []],
    ['nothing is wrong, and there was no analyst', { is_fault: false, causes: [] }, null, []],
    ['no cause found, and the analyst found one', { causes: [] }, verdictOf(file), []],
  ])('%s', async (_name, change, builtin, expected) => {
    expect(await defectsOf({ verdict: { ...verdictOf(file), ...change }, builtin })).toEqual(expected);
  });
});

describe('TRI-6: each defect has its name', () => {
  const first = verdictOf(file).causes[0];
  const causes = first ? [{ ...first, evidence: [] }] : [];
  test.each<[string, Output, string[]]>([
    ['no report', { report: null }, ['report_missing']],
    ['a report of 100 bytes', { report: 'x'.repeat(100) }, ['report_too_short']],
    [
      'a report that is too large',
      { report: Buffer.alloc(outputLimits.maxReportBytes + 1, 'x') },
      ['report_too_large'],
    ],
    ['a report that is no text', { report: Buffer.alloc(500, 0xff) }, ['report_not_text']],
    ['a report with null bytes', { report: `${reportOf('a')}\0` }, ['report_not_text']],
    ['a report without sections', { report: 'x'.repeat(101) }, ['section_missing']],
    ['no verdict', { verdict: null }, ['verdict_missing']],
    ['an empty verdict', { verdict: '' }, ['verdict_not_json']],
    ['a verdict that is too large', { verdict: ' '.repeat(outputLimits.maxVerdictBytes + 1) }, ['verdict_too_large']],
    ['a verdict that is a list', { verdict: '[]' }, ['verdict_schema']],
    ['a verdict with one key more', { verdict: JSON.stringify({ ...verdictOf(file), x: 1 }) }, ['verdict_schema']],
    ['a cause without evidence', { verdict: { ...verdictOf(file), causes } }, ['cause_without_evidence']],
    ['evidence outside', { verdict: verdictOf('/etc/passwd') }, ['evidence_not_found']],
    ['evidence by way of ..', { verdict: verdictOf(`evidence/../${file}`) }, ['evidence_not_found']],
    ['good output with exit 1', { run: { exitCode: 1 } }, ['exit_nonzero']],
    [
      'nothing at all, after the limit',
      { run: { reason: 'timeout' }, report: null, verdict: null },
      ['timed_out', 'report_missing', 'verdict_missing'],
    ],
  ])('%s', async (_, output, expected) => {
    const found = await defectsOf(output);
    expect(found).toEqual(expected);
    for (const name of found) expect(defects).toContain(name);
  });

  test.each<[string, Partial<SpawnResult>, string | undefined]>([
    ['exit 0', {}, undefined],
    ['exit 124 of the script', { exitCode: 124 }, 'timed_out'],
    ['exit 125 of the script', { exitCode: 125, stderr: 'no such command' }, 'not_started'],
    ['a spawn that failed', { reason: 'spawn_failed', exitCode: null, error: 'ENOENT' }, 'not_started'],
    ['SIGKILL (out of memory)', { exitCode: null, exitSignal: 'SIGKILL' }, 'killed'],
    ['a clean exit after the limit', { reason: 'timeout', exitCode: 0 }, 'timed_out'],
    ['exit 145', { exitCode: 145 }, 'exit_nonzero'],
  ])('%s', (_, run, expected) => {
    expect(endDefect({ ...good, ...run })[0]?.defect).toBe(expected);
  });

  test('a detail is one printable line', async () => {
    const checked = await check({ verdict: '{"a\u001b[31m\n' });
    const details = checked.kind === 'good' ? [] : checked.defects.map(({ detail }) => detail);
    expect(details.join('')).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('TRI-5: sections', () => {
  test('are found at any level, numbered, in bold, in any case', () => {
    const headings = ['# Triage Card', '## 2. Problem statement', '### **Findings**', '## Root causes ##'];
    expect(missingSections(headings.join('\n\n'))).toEqual(['Remediation plan', 'Proof of work', 'Evidence']);
  });

  test('are found in a text with the line ends of Windows', () => {
    expect(missingSections(sections.map((title) => `## ${title}\r\n\r\ntext\r\n`).join(''))).toEqual([]);
  });

  test('are headings and not words in the text', () => {
    expect(missingSections('Triage card\nProblem statement\n')).toHaveLength(7);
    expect(missingSections('    # Triage card\n#Triage card')).toHaveLength(7);
  });

  test('a line of a million characters is looked at in time', () => {
    const started = performance.now();
    expect(missingSections(`# ${' '.repeat(500_000)}x${'#'.repeat(500_000)}y`)).toHaveLength(7);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
