import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientNames } from '../../../src/cli/format/client-config.ts';
import { kubeconfigText, minimal } from '../../support/config-dir.ts';
import { cli } from '../../support/cli-run.ts';
import { tempDir } from '../../support/temp-dir.ts';

const files = (more: string) => ({ 'nightcrier.yaml': minimal(more), 'k.yaml': kubeconfigText() });

describe('mcp config', () => {
  const config = (...argv: string[]) =>
    cli(['mcp', 'config', ...argv], { cwd: tempDir(files('health: {port: 8123, token: t}')) });

  test.each(clientNames)('OPS-4: %s gets the address and where its key is, never the key', async (client) => {
    const { code, out } = await config('--client', client);
    expect(code).toBe(0);
    expect(out).toContain('http://127.0.0.1:8123/mcp');
    expect(out).toContain('NIGHTCRIER_MCP_KEY');
    const stdio = await config('--client', client, '--stdio');
    expect(stdio.out).toMatch(/"?command"?\s*[:=]\s*"nightcrier"/);
    expect(stdio.out).toContain('--stdio');
  });

  test.each([[], ['--config', 'nightcrier.yaml']])(
    'OPS-4: a client that starts it finds the file (%j)',
    async (...argv) => {
      const cwd = tempDir(files(''));
      const { out } = await cli(['mcp', 'config', '--client', 'claude', '--stdio', ...argv], { cwd });
      const { args } = (JSON.parse(out) as { mcpServers: { nightcrier: { args: string[] } } }).mcpServers.nightcrier;
      expect(args).toEqual(['--config', path.join(cwd, 'nightcrier.yaml'), 'mcp', '--stdio']);
    },
  );

  test('OPS-4: an unknown client is refused with those that are known', async () => {
    const { code, err } = await config('--client', 'emacs');
    expect(code).toBe(2);
    expect(err).toContain('claude');
  });
});
