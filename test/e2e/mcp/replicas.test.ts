import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyAudit } from '../../../src/gateway/audit.ts';
import { Cleanups } from '../../../src/lib/cleanups.ts';
import { CliProcess } from '../../support/cli-process.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { type RoundRobin, startRoundRobin } from '../../support/round-robin.ts';
import { newTempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { mcpSuite } from './mcp-suite.ts';
import { type McpWorld, startMcpWorld } from './mcp-world.ts';

const main = path.join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');
const daemonOnly = ['get_clusters_health', 'trigger_triage'];

describe.skipIf(cannotRun('several MCP servers'))('two processes behind a load balancer', () => {
  const cleanups = new Cleanups();
  let world: McpWorld;
  let balancer: RoundRobin;
  const processes: ChildProcess[] = [];

  beforeAll(async () => {
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    world = await startMcpWorld(dir, cleanups);
    const urls = [await serve(), await serve()];
    balancer = await startRoundRobin(urls);
    cleanups.add('load balancer', () => balancer.stop());
  }, 180_000);

  afterAll(() => cleanups.run(), 60_000);

  /** `nightcrier serve-mcp` beside the daemon, on a port of its own. */
  async function serve(): Promise<string> {
    const child = spawn(
      process.execPath,
      [main, 'serve-mcp', '--config', world.daemon.configFile, '--health-port', 'auto'],
      { stdio: ['ignore', 'ignore', 'pipe'], env: world.env },
    );
    processes.push(child);
    const ended = once(child, 'exit');
    cleanups.add('a server', async () => {
      child.kill('SIGTERM');
      await ended;
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [, url = ''] = await waitUntil(() => /^mcp: (http\S+)\/mcp$/m.exec(said), 'an MCP server', 30_000);
    return url;
  }

  mcpSuite(() => ({ url: balancer.url, world, without: [], withoutTools: daemonOnly }));

  test('MCP-2: both answered, and each has a whole record of its own calls', () => {
    expect(balancer.counts.every((count) => count > 20)).toBe(true);
    const folder = path.join(world.daemon.dir, 'data', 'audit');
    const files = readdirSync(folder).filter((file) => /^mcp-(?!\d{4}-\d\d-\d\d\b).*\.jsonl$/.test(file));
    expect(files).toHaveLength(2);
    for (const file of files)
      expect(verifyAudit(readFileSync(path.join(folder, file), 'utf8'))).toMatchObject({ ok: true });
  });

  test('MCP-1: one client over standard input and output', async () => {
    const { Client } = await import('@modelcontextprotocol/client');
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const args = [main, '--config', world.daemon.configFile, 'mcp', '--stdio'];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
    try {
      const result = await client.callTool({ name: 'list_pods', arguments: { namespace: 'shop' } });
      expect(result.structuredContent).toMatchObject({ items: [{ name: world.pod }], source: expect.any(String) });
    } finally {
      await client.close();
    }
  }, 60_000);

  test('OPS-4: mcp call asks the daemon', async () => {
    const call = new CliProcess([
      '--config',
      world.daemon.configFile,
      'mcp',
      'call',
      'list_pods',
      '{"namespace": "shop"}',
    ]);
    // The port of the daemon is not the one of the file: it is asked by its address.
    const named = new CliProcess([
      'mcp',
      'call',
      '--url',
      `${world.daemon.url}/mcp`,
      'list_pods',
      '{"namespace": "shop"}',
    ]);
    expect(await named.success()).toContain(world.pod);
    expect(await call.success()).toContain(world.pod);
  }, 60_000);
});
