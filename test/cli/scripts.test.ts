import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/schema-shape.ts';
import { errorsPage } from '../../scripts/generate/errors-page.ts';
import { findProblemKinds } from '../../scripts/generate/problem-kinds.ts';
import { cli } from '../support/cli-run.ts';
import { tempDir } from '../support/config-dir.ts';
import { lacks } from '../support/needs.ts';

const project = path.resolve(import.meta.dirname, '../..');

describe('completion', () => {
  test.skipIf(lacks('the completion of bash', 'bash'))('OPS-4: bash completes commands and options', async () => {
    const { out } = await cli(['completion', 'bash'], { cwd: '/' });
    const complete = (line: string): string[] => {
      const script = `${out}\nCOMP_WORDS=(${line})\nCOMP_CWORD=${line.split(' ').length - 1}\n_nightcrier\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    };
    expect(complete('nightcrier in')).toEqual(['init', 'incidents']);
    expect(complete('nightcrier run --he')).toEqual(['--health-port', '--help']);
    expect(complete('nightcrier show -o j')).toEqual(['json']);
  });

  test.skipIf(lacks('the completion of zsh', 'zsh'))('OPS-4: the zsh script is valid', async () => {
    const { out } = await cli(['completion', 'zsh'], { cwd: '/' });
    expect(spawnSync('zsh', ['-n'], { input: out }).status).toBe(0);
  });

  test('OPS-4: each script knows every command and no hidden one', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { out } = await cli(['completion', shell], { cwd: '/' });
      for (const name of ['run', 'incidents', 'why', 'triage', 'completion']) expect(out).toContain(name);
      expect(out).not.toContain('analyse');
    }
  });
});

test('OPS-4 CFG-6: schema prints the JSON Schema; version prints the version', async () => {
  expect(JSON.parse((await cli(['schema'], { cwd: '/' })).out)).toEqual(configJsonSchema());
  const { version } = JSON.parse(fs.readFileSync(path.join(project, 'package.json'), 'utf8')) as { version: string };
  expect((await cli(['version'], { cwd: '/' })).out).toContain(`nightcrier ${version} (Node `);
  expect(JSON.parse((await cli(['version', '-o', 'json'], { cwd: '/' })).out)).toMatchObject({ version });
  expect((await cli(['--version'], { cwd: '/' })).out).toBe(`${version}\n`);
});

describe('problem kinds', () => {
  test('OPS-4: every code is well-formed, used once, and has a sentence and a fix', async () => {
    const kinds = await findProblemKinds(path.join(project, 'src'));
    const areas = /^NC-(CONFIG|CLUSTER|PERM|INTAKE|TRIAGE|AGENT|STORE|SLACK|NOTIFY|HEALTH|CLI|DEMO|KUBE|RUN)-\d{3}$/;
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
});
