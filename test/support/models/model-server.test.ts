import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tempDir } from '../temp-dir.ts';
import { agentClis, dummyKey, lacksAgentClis, runAgentCli, workspaceIn } from './agent-cli.ts';
import { investigation } from './investigation.ts';
import { ModelServer } from './model-server.ts';

const rows = [...agentClis, { ...agentClis[1]!, model: 'gpt-6.1-sol' }];

for (const { cli, dialect, model } of rows) {
  test.skipIf(lacksAgentClis(`${cli} with ${model} against a model server`))(
    `${cli} with ${model} runs a command and writes both files, told so by a model server`,
    async () => {
      const dir = tempDir();
      const script = investigation(workspaceIn(dir), ['kubectl version --client'], {
        report: ([version]) => `# Report\n\n${version}`,
        verdict: ([version]) => ({ quote: version }),
      });
      const server = await ModelServer.start(dialect, script);
      onTestFinished(() => server.close());
      server.key = dummyKey;
      const result = await runAgentCli({ cli, model, gateway: server.url, dir });
      expect(result.exitCode === 0 || result.stdout + result.stderr).toBe(true);
      const read = (name: string): string => readFileSync(path.join(workspaceIn(dir), 'output', name), 'utf8');
      expect(read('investigation.md')).toMatch(/# Report[\s\S]*Client Version/);
      expect(JSON.parse(read('verdict.json'))).toEqual({ quote: expect.stringContaining('Client Version') });
      expect(server.answered).toBe(4);
    },
  );
}
