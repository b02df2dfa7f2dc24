import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { cli } from '../../support/cli-run.ts';
import { lacks } from '../../support/needs.ts';

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
