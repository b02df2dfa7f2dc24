import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cleanups } from '../../../src/lib/cleanups.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { lacks, programPath } from '../../support/needs.ts';
import { newTempDir } from '../../support/temp-dir.ts';
import { mcpSuite } from './mcp-suite.ts';
import { type McpWorld, startMcpWorld } from './mcp-world.ts';

describe.skipIf(cannotRun('the MCP server of a daemon'))('the MCP server of a daemon', () => {
  const cleanups = new Cleanups();
  let world: McpWorld;

  beforeAll(async () => {
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    world = await startMcpWorld(dir, cleanups);
  }, 180_000);

  afterAll(() => cleanups.run(), 60_000);

  mcpSuite(() => ({ url: world.daemon.url, world, without: [], withoutTools: [] }));

  const inspector = programPath('mcp-inspector');

  test.skipIf(lacks('a foreign MCP client', 'mcp-inspector'))(
    'MCP-1: the Inspector of the protocol lists the tools and calls one',
    async () => {
      const inspect = async (...args: string[]) => {
        const argv = ['--cli', `${world.daemon.url}/mcp`, '--transport', 'http', ...args];
        return JSON.parse(
          (await promisify(execFile)(inspector ?? '', argv, { maxBuffer: 64 * 1024 * 1024 })).stdout,
        ) as Record<string, unknown>;
      };
      const { tools } = await inspect('--method', 'tools/list');
      expect((tools as { name: string }[]).map(({ name }) => name)).toContain('list_pods');
      const called = await inspect(
        '--method',
        'tools/call',
        '--tool-name',
        'list_pods',
        '--tool-arg',
        'namespace=shop',
      );
      expect(called).toMatchObject({ structuredContent: { items: [{ name: world.pod, status: 'CrashLoopBackOff' }] } });
    },
    60_000,
  );
});
