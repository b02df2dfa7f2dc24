import { expect, onTestFinished, test } from 'vitest';
import { coreToolset } from '../../../src/mcp/core/core-toolset.ts';
import { toolClusters } from '../../../src/app/mcp/tool-clusters.ts';
import { mcpServerSchema } from '../../../src/mcp/config.ts';
import type { McpServerConfig } from '../../../src/mcp/config.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { echoToolset } from '../../support/echo-toolset.ts';
import { mcpClient } from '../../support/mcp-clients.ts';
import { McpEndpointFixture } from '../../support/mcp-endpoint.ts';

test('CFG-7 MCP-15: what is configured anew holds at the next request', async () => {
  let server: McpServerConfig = mcpServerSchema.parse({ toolsets: ['core'] });
  const clusters = toolClusters({ fleet: () => new Map(), readerOf: () => null, directory: { statuses: () => [] } });
  const core = coreToolset({
    version: '1',
    toolsets: () => server.toolsets,
    clusters,
    demo: () => ({ clusters: false, palette: false }),
    echo: true,
    clock: systemClock,
  });
  const others = { ...echoToolset().parts, toolset: 'kubernetes' as const };
  const fixture = await McpEndpointFixture.start({ parts: [core, others], settings: () => server });
  onTestFinished(() => fixture.stop());
  const names = async () => {
    const client = await mcpClient('2026-07-28', `${fixture.url}/mcp`);
    return (await client.listTools()).tools.map(({ name }) => name);
  };
  expect(await names()).toEqual(['health_check', 'get_time', 'echo']);
  server = mcpServerSchema.parse({ toolsets: ['core', 'kubernetes'] });
  expect(await names()).toContain('hold');
  expect((await fetch(`${fixture.url}/mcp/kubernetes`, { method: 'POST' })).status).not.toBe(404);
  server = mcpServerSchema.parse({
    toolsets: ['core'],
    auth: { mode: 'keys', keys: [{ name: 'a', sha256: '0'.repeat(64) }] },
  });
  expect((await fetch(`${fixture.url}/mcp`, { method: 'POST' })).status).toBe(401);
});
