import { createHash } from 'node:crypto';
import { Agent, request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { echoToolset } from '../../support/echo-toolset.ts';
import { McpEndpointFixture } from '../../support/mcp-endpoint.ts';
import { waitUntil } from '../../support/wait-until.ts';

const keys = ['ann', 'bo'].map((name) => ({
  name,
  sha256: createHash('sha256').update(`key-of-${name}`).digest('hex'),
}));

async function started(rate_limit: object) {
  const tools = echoToolset();
  const fixture = await McpEndpointFixture.start({
    parts: [tools.parts],
    server: { auth: { mode: 'keys', keys }, rate_limit },
  });
  // As many connections as a server is sure to take at once; what waits for one is under way all the same.
  const agent = new Agent({ connections: 200 });
  onTestFinished(async () => {
    await agent.destroy();
    await fixture.stop();
  });
  /** One call without a session, as the 2025 generation may send it. */
  const call = async (who: string, name: string, id: number): Promise<Record<string, unknown>> => {
    const response = await request(`${fixture.url}/mcp`, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        authorization: `Bearer key-of-${who}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } }),
    });
    const text = await response.body.text();
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
    return (JSON.parse(data) as { result: Record<string, unknown> }).result;
  };
  return { fixture, call, ...tools };
}

const codeOf = (result: Record<string, unknown>): unknown =>
  (result['_meta'] as Record<string, { code: string }> | undefined)?.['nightcrier/error']?.code ?? 'ok';

test('MCP-13 MCP-16: of 1,000 calls at once so many run as may; each is answered and on record, and nobody else waits', async () => {
  const { fixture, call, release, running } = await started({ reads: '100000/m', logs: '100000/m', concurrent: 8 });
  const flood = Array.from({ length: 1000 }, (_, id) => call('ann', 'hold', id));
  await waitUntil(() => running() === 8, 'as many calls as may run', 60_000);
  expect(codeOf(await call('bo', 'say', 1))).toBe('ok');
  const refused = await Promise.all([call('ann', 'say', 2001), call('ann', 'say', 2002)]);
  expect(refused.map(codeOf)).toEqual(['rate_limited', 'rate_limited']);
  // What has been refused is answered while the eight still run.
  let done = 0;
  for (const one of flood) void one.then(() => (done += 1));
  await waitUntil(() => done === 992, 'the refusals', 60_000);
  release();
  const codes = (await Promise.all(flood)).map(codeOf);
  expect(codes.filter((code) => code === 'ok')).toHaveLength(8);
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(992);
  const records = await fixture.records();
  expect(records).toHaveLength(1003);
  expect(records.filter(({ decision }) => decision === 'refuse')).toHaveLength(994);
}, 180_000);

test('MCP-13: logs have a rate of their own, and each caller too', async () => {
  const { call } = await started({ reads: '1000/m', logs: '2/h', concurrent: 8 });
  const codes = [];
  for (const who of ['ann', 'ann', 'ann', 'bo']) codes.push(codeOf(await call(who, 'read_log', 1)));
  expect(codes).toEqual(['ok', 'ok', 'rate_limited', 'ok']);
  expect(codeOf(await call('ann', 'say', 1))).toBe('ok');
});
