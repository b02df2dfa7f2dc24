import { expect, test } from 'vitest';
import { doctorWords } from '../../../src/app/commands/doctor.ts';
import { doctorLines } from '../../../src/cli/format/doctor-view.ts';
import { outputStyle } from '../../../src/cli/format/style.ts';
import { sumsOf } from '../../../src/domain/wire/check-groups.ts';
import { type Checked, doctorSchema, type DoctorReport } from '../../../src/domain/wire/doctor.ts';

const style = outputStyle({ stdout: { write: () => {} }, env: {} });

const base = { detail: null, problem: null, subject: null } as const;
const answers = (subject: string, over: Partial<Checked> = {}): Checked => ({
  ...base,
  id: 'cluster.answers',
  group: 'clusters',
  statement: `the MCP server of ${subject} answers`,
  subject,
  result: 'passed',
  detail: '0.2 s',
  ...over,
});
const refused = (name: string): Checked =>
  answers(name, {
    result: 'failed',
    problem: {
      code: 'NC-CLUSTER-001',
      message: `connect ECONNREFUSED 10.1.2.3:8080`,
      fix: `Check that the server runs and that http://${name}/mcp is reachable from here.`,
      docs: 'docs/errors.md#nc-cluster-001',
    },
  });
const skipped = (name: string): Checked => ({
  ...base,
  id: 'cluster.readable',
  group: 'clusters',
  statement: `the MCP server of ${name} lists what a sweep reads`,
  subject: name,
  result: 'skipped',
  detail: `needs: the MCP server of ${name} answers`,
});
const secrets: Checked = {
  ...base,
  id: 'config.secrets',
  group: 'config',
  statement: 'nobody else can read secrets in the configuration file',
  result: 'warning',
  problem: {
    code: 'NC-CONFIG-040',
    message: 'nightcrier.yaml has the mode 0644 and holds health.token',
    fix: 'chmod 600 nightcrier.yaml',
    docs: 'docs/errors.md#nc-config-026',
  },
};

function report(checks: readonly Checked[]): DoctorReport {
  const summary = { ...sumsOf(checks), seconds: 2.4 };
  return doctorSchema.parse({ version: 1, success: false, file: 'nightcrier.yaml', daemon: null, summary, checks });
}

async function text(checks: readonly Checked[], short = false): Promise<string> {
  return doctorLines(report(checks), { style, short, ...doctorWords(), exitCode: 1 }).join('\n');
}

test('UX-8: groups, signs, the error, the fix, the code; what depends is skipped; the sums', async () => {
  expect(await text([secrets, answers('east'), refused('lab-2'), skipped('lab-2')])).toMatchInlineSnapshot(`
    "config  nightcrier.yaml
    ‼ nobody else can read secrets in the configuration file
        nightcrier.yaml has the mode 0644 and holds health.token
        fix: chmod 600 nightcrier.yaml
        NC-CONFIG-040  docs/errors.md#nc-config-026

    clusters
    √ the MCP server of east answers (0.2 s)
    × the MCP server of lab-2 answers
        connect ECONNREFUSED 10.1.2.3:8080
        fix: Check that the server runs and that http://lab-2/mcp is reachable from here.
        NC-CLUSTER-001  docs/errors.md#nc-cluster-001
    - the MCP server of lab-2 lists what a sweep reads: skipped (needs: the MCP server answers)

    1 passed · 1 warning · 1 failed · 1 skipped · 2.4 s   exit 1"
  `);
});

test('UX-8: over 20 clusters are summed up, with the slowest, and alike failures are one', async () => {
  const good = Array.from({ length: 209 }, (_, i) => answers(`c${i}`, i === 7 ? { detail: '1.9 s' } : {}));
  const dead = ['lab-2', 'lab-3', 'lab-9'];
  expect(await text([...good, ...dead.map(refused), ...dead.map(skipped)])).toMatchInlineSnapshot(`
    "clusters
    √ 209 of 212 MCP servers answer (slowest c7, 1.9 s)
    × The MCP server cannot be reached: lab-2, lab-3, lab-9
        connect ECONNREFUSED 10.1.2.3:8080 (lab-2; 2 others alike)
        fix: Check that the server runs and that http://lab-2/mcp is reachable from here. (lab-2; of another: nightcrier doctor --cluster NAME)
        NC-CLUSTER-001  docs/errors.md#nc-cluster-001
    - 3 checks: skipped (needs: the MCP server answers)

    209 passed · 0 warnings · 3 failed · 3 skipped · 2.4 s   exit 1"
  `);
});

test('UX-8: of many names the first are told', async () => {
  const dead = Array.from({ length: 12 }, (_, i) => refused(`lab-${i}`));
  expect(await text(dead)).toContain('lab-6, lab-7 and 4 more\n');
});

test('UX-8: short says what is wrong alone', async () => {
  const said = await text([secrets, answers('east'), refused('lab-2'), skipped('lab-2')], true);
  expect(said).not.toMatch(/^[√-]/m);
  expect(said).toMatch(/^‼ /m);
  expect(said).toMatch(/^× /m);
  expect(said).toContain('1 passed · 1 warning · 1 failed · 1 skipped');
  expect(await text([answers('east')], true)).toBe('1 passed · 0 warnings · 0 failed · 0 skipped · 2.4 s   exit 1');
});

test('UX-8: alike problems of no cluster each keep their place, and are named by what is wrong', async () => {
  const invalid = (line: number): Checked => ({
    ...base,
    id: 'config.valid',
    group: 'config',
    statement: 'the configuration is valid',
    result: 'failed',
    problem: {
      code: 'NC-CONFIG-013',
      message: `nightcrier.yaml:${line}:5: clusters[${line}].triage.kubeconfig is missing, and triage is enabled`,
      fix: 'set triage.kubeconfig to a kubeconfig file',
      docs: 'docs/errors.md#nc-config-013',
    },
  });
  const said = await text([invalid(2), invalid(3)]);
  expect(said).toContain(`× A kubeconfig is missing
    nightcrier.yaml:2:5: clusters[2].triage.kubeconfig is missing, and triage is enabled
    nightcrier.yaml:3:5: clusters[3].triage.kubeconfig is missing, and triage is enabled
    fix: set triage.kubeconfig to a kubeconfig file
`);
  expect(said).not.toMatch(/null|: ,/);
  const many = await text(Array.from({ length: 12 }, (_, at) => invalid(at)));
  expect(many).toContain('    and 4 more\n    fix:');
});
