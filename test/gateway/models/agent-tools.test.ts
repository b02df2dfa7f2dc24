import { expect, onTestFinished, test } from 'vitest';
import type { Caller } from '../../../src/mcp/server/run-tool.ts';
import { echoToolset } from '../../support/echo-toolset.ts';
import { McpEndpointFixture } from '../../support/mcp-endpoint.ts';
import { agentClis, lacksAgentClis, runAgentCli } from '../../support/models/agent-cli.ts';
import { startModelGateway } from '../../support/models/model-gateway.ts';
import { ModelServer } from '../../support/models/model-server.ts';
import { tempDir } from '../../support/temp-dir.ts';

/*
 * The real agent CLIs, as their scripts configure them, with the tools of the gateway: the model calls one, and is told
 * what it gave.
 */
const lacks = lacksAgentClis('agent CLIs with the tools of the gateway');

for (const { cli, dialect, model } of agentClis) {
  test.skipIf(lacks)(`MCP-1 GAT-1: ${cli} has the tools of its cluster, and calls one`, async () => {
    const answers: string[] = [];
    const fixture = await McpEndpointFixture.start({ parts: [echoToolset().parts] });
    onTestFinished(() => fixture.stop());
    const server = await ModelServer.start(dialect, ({ results }) => {
      const [answer] = results;
      if (answer === undefined) return { kind: 'tool', name: 'say', args: { text: 'the quick brown fox' } };
      answers.push(answer);
      return { kind: 'say', text: 'done' };
    });
    onTestFinished(() => server.close());
    const caller: Caller = {
      principal: { name: 'run r1', roles: [], audience: 'agent' },
      via: 'gateway',
      scopes: null,
      ip: null,
      onlyCluster: 'east',
    };
    const gateway = await startModelGateway({
      models: { [dialect.provider]: { api_key: server.key, base_url: server.url } },
      tools: (request, response) => fixture.mcp.serveKnown(request, response, caller),
    });
    const { stdout, stderr } = await runAgentCli({ cli, model, dir: tempDir(), gateway: gateway.url });
    expect({ answers, out: answers.length > 0 ? '' : stdout + stderr }).toMatchObject({ out: '' });
    expect(answers[0]).toContain('the quick brown fox');
    const [record] = await fixture.records();
    expect(record).toMatchObject({ tool: 'say', via: 'gateway', actor: { sub: 'run r1' }, outcome: 'ok' });
  });
}
