import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../../support/cli-run.ts';
import { lacks } from '../../support/needs.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** In place of the program: says how it was called, and gives values, a hostile one among them. */
const program = (trap: string) => `nightcrier() {
  printf '%s\\tcalled as %s\\n' inc_1 "$*" "$(echo '$')(touch ${trap})" 'a trap' '\`touch ${trap}\`' 'a trap' inc_2 'a: b'
}`;

describe.skipIf(lacks('the completion of bash', 'bash'))('bash', () => {
  async function complete(line: string, trap = '/nowhere'): Promise<string[]> {
    const { out } = await cli(['completion', 'bash'], { cwd: '/' });
    const words = line.split(' ').map((word) => `'${word}'`);
    const script = `set -eu\n${out}\n${program(trap)}\nCOMP_WORDS=(${words.join(' ')})\nCOMP_CWORD=${words.length - 1}\n_nightcrier\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  }

  test.for([
    ['nightcrier in', ['init', 'incidents']],
    ['nightcrier run --he', ['--health-port', '--help']],
    ['nightcrier show -o j', ['json']],
    ['nightcrier --config x.yaml in', ['init', 'incidents']],
    ['nightcrier mcp c', ['call', 'config']],
    ['nightcrier mcp config --cl', ['--client']],
    ['nightcrier tail --severity c', ['critical']],
    ['nightcrier completion ', ['bash', 'zsh', 'fish']],
  ] as const)('OPS-4: %s is completed', async ([line, words]) => {
    expect(await complete(line)).toEqual(words);
  });

  test('OPS-4: ids and clusters are asked of the program, with the configuration of the line', async () => {
    for (const command of ['show', 'report', 'ack', 'resolve', 'rerun', 'feedback add']) {
      expect(await complete(`nightcrier ${command} inc_`)).toEqual(['inc_1', 'inc_2']);
    }
    expect(await complete('nightcrier tail --incident inc_2')).toEqual(['inc_2']);
    expect(await complete('nightcrier show inc_1 inc_')).toEqual(['']);
    const { out } = await cli(['completion', 'bash'], { cwd: '/' });
    const asked = (line: string) => {
      const words = line.split(' ').map((word) => `'${word}'`);
      const script = `${out}\nnightcrier() { echo "$*" >&3; }\nCOMP_WORDS=(${words.join(' ')})\nCOMP_CWORD=${words.length - 1}\n_nightcrier`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
        .output[3];
    };
    expect(asked('nightcrier incidents --cluster ')).toBe('complete clusters\n');
    expect(asked('nightcrier why ')).toBe('complete clusters\n');
    expect(asked('nightcrier --config x.yaml why prod ')).toBe('complete objects prod --config x.yaml\n');
    expect(asked('nightcrier triage -n shop prod ')).toBe('complete objects prod\n');
  });

  test('OPS-4: a name from a cluster is a word, never a command of the shell', async () => {
    const trap = path.join(tempDir(), 'trap');
    await complete('nightcrier show ', trap);
    expect(existsSync(trap)).toBe(false);
  });
});

describe.skipIf(lacks('the completion of zsh', 'zsh'))('zsh', () => {
  /** What the script would offer: the functions of the completion system say what they are given. */
  async function complete(line: string): Promise<string[]> {
    const { out } = await cli(['completion', 'zsh'], { cwd: '/' });
    const words = line.split(' ').map((word) => `'${word}'`);
    const script = `compdef() { :; }
compadd() { shift; print -rl -- "$@"; }
_describe() { print -rl -- "\${(@P)@[-1]}"; }
_files() { print files; }
${out}
${program('/nowhere')}
words=(${words.join(' ')}); CURRENT=${words.length}; _nightcrier`;
    return execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8' }).trim().split('\n');
  }

  test('OPS-4: the script is valid, and completes commands, options, ids and files', async () => {
    const { out } = await cli(['completion', 'zsh'], { cwd: '/' });
    expect(spawnSync('zsh', ['-n'], { input: out }).status).toBe(0);
    expect(await complete('nightcrier ')).toContain(
      'incidents:list incidents, newest first; those that ended are left out unless asked for',
    );
    expect(await complete('nightcrier mcp ')).toEqual(['call', 'config']);
    expect(await complete('nightcrier tail --severity ')).toEqual(['info', 'warning', 'critical']);
    expect(await complete('nightcrier run --')).toContain('--health-port');
    expect(await complete('nightcrier show --config ')).toEqual(['files']);
    expect((await complete('nightcrier report ')).at(0)).toBe('inc_1:called as complete incidents');
  });
});

test('OPS-4: each script knows every command and no hidden one', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out } = await cli(['completion', shell], { cwd: '/' });
    for (const name of ['run', 'incidents', 'report', 'why', 'triage', 'completion']) expect(out).toContain(name);
    expect(out).not.toContain('analyse');
  }
  const { out } = await cli(['completion', 'fish'], { cwd: '/' });
  expect(out).toContain("-n '__fish_seen_subcommand_from report' -f -a '(__nightcrier_values incidents)'");
  expect(out).toContain("complete -c nightcrier -l severity -r -f -a 'info warning critical'");
});
