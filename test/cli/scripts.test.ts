import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorsPage } from '../../scripts/generate/errors-page.ts';
import { findProblemKinds } from '../../scripts/generate/problem-kinds.ts';
import { cli } from '../support/cli-run.ts';
import { tempDir } from '../support/temp-dir.ts';

const project = path.resolve(import.meta.dirname, '../..');

describe('problem kinds', () => {
  test('OPS-4: every code is well-formed, used once, and has a sentence and a fix', async () => {
    const kinds = await findProblemKinds(path.join(project, 'src'));
    const areas =
      /^NC-(CONFIG|CLUSTER|PERM|INTAKE|TRIAGE|AGENT|STORE|SLACK|NOTIFY|HEALTH|CLI|DEMO|KUBE|RUN|GATEWAY|HOST|WATCH|DISCOVERY|TELEPORT|ANALYST)-\d{3}$/;
    expect(kinds.length).toBeGreaterThan(25);
    const codes = kinds.map(({ code }) => code);
    expect(codes.filter((code) => !areas.test(code))).toEqual([]);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
    for (const { code, title, fix, about } of kinds) {
      expect(`${code} ${title.length > 5} ${fix.length > 5} ${about.length > 20}`).toBe(`${code} true true true`);
    }
    const page = errorsPage(kinds);
    for (const code of codes) expect(page).toContain(`\n## ${code}\n`);
  });

  test('OPS-4: a command that a fix names exists', async () => {
    const kinds = await findProblemKinds(path.join(project, 'src'));
    const { out } = await cli(['--help'], { cwd: '/' });
    for (const { code, fix } of kinds) {
      for (const [, command = ''] of fix.matchAll(/["`]nightcrier ([a-z]+)/g)) {
        expect(`${code} ${out.includes(`\n  ${command} `)}`).toBe(`${code} true`);
      }
    }
  });
});

test('CFG-6: the generator writes every file, agrees with itself, and names what is out of date', () => {
  const out = tempDir();
  const generate = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(project, 'scripts/generate.ts'), '--out', out, ...args], {
      encoding: 'utf8',
    });
  expect(generate('--check')).toMatchObject({ status: 1 });
  expect(generate().status).toBe(0);
  expect(generate('--check')).toMatchObject({ status: 0, stderr: '' });
  fs.appendFileSync(path.join(out, 'docs/cli.md'), 'x');
  const stale = generate('--check');
  expect(stale.status).toBe(1);
  expect(stale.stderr).toBe('out of date: docs/cli.md\nfix: npm run generate\n');
}, 120_000);
