import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kubectlVerbs, shellWords } from '../../../src/triage/prompt/shell-words.ts';

const agents = new URL('../../../scripts/agents/', import.meta.url);
const lists = ['claude.sh', 'etc/gemini-policy.toml'].map((name) => new URL(name, agents));

test.skipIf(!lists.every((file) => existsSync(file)))(
  'TRI-5: what the prompt names is what the lists of the CLIs let through',
  () => {
    for (const file of lists) {
      const text = readFileSync(file, 'utf8');
      for (const verb of kubectlVerbs) expect(text).toContain(verb);
    }
  },
);

test('TRI-5: every CLI is told its verbs first and how to write', () => {
  for (const cli of ['claude', 'codex', 'gemini', 'goose', 'custom', 'builtin']) {
    const text = shellWords(cli, true);
    for (const verb of kubectlVerbs) expect(text).toContain(`\`kubectl ${verb}\``);
    expect(text).toContain('403');
  }
});
