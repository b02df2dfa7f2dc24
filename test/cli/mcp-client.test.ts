import { describe, expect, onTestFinished, test } from 'vitest';
import { kubeconfigText, minimal } from '../support/config-dir.ts';
import { cli, type CliRun } from '../support/cli-run.ts';
import { echoToolset } from '../support/echo-toolset.ts';
import { McpEndpointFixture } from '../support/mcp-endpoint.ts';
import { tempDir } from '../support/temp-dir.ts';

const files = (more: string) => ({ 'nightcrier.yaml': minimal(more), 'k.yaml': kubeconfigText() });

/** No daemon answers on that port. */
const withoutDaemon = 'health: {port: 1}';

async function called(argv: readonly string[], more = withoutDaemon): Promise<CliRun & { readonly stops: number }> {
  const fixture = await McpEndpointFixture.start({ parts: [echoToolset().parts], healthToken: 'the-key' });
  onTestFinished(() => fixture.stop());
  let stops = 0;
  const openMcp = async () => ({ url: `${fixture.url}/mcp`, key: 'the-key', stop: async () => void (stops += 1) });
  const result = await cli(['mcp', 'call', ...argv], { cwd: tempDir(files(more)), deps: { openMcp } });
  return { ...result, stops };
}

describe('mcp call', () => {
  test('OPS-4: calls a tool of a server that lives as long as the command, when no daemon runs', async () => {
    const { code, out, stops } = await called(['say', '{"text": "from the shell"}']);
    expect({ code, out, stops }).toEqual({ code: 0, out: 'text: from the shell\n', stops: 1 });
    expect((await called(['say', '{}', '-o', 'json'])).out).toBe('{\n  "text": "hello"\n}\n');
  });

  test('UX-20: what a tool answers cannot steer the terminal', async () => {
    const { out } = await called(['say', '{"text": "\\u001b]0;owned\\u0007\\u009b31m"}']);
    expect(out).toContain('owned');
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('OPS-4: lists the tools', async () => {
    expect((await called([])).out).toMatch(/^say +Say\nread_log +Say\nhold +Say\n$/);
    const { tools } = JSON.parse((await called(['-o', 'json'])).out) as { tools: object[] };
    expect(tools[0]).toMatchObject({ name: 'say', inputSchema: { properties: { text: expect.anything() as object } } });
  });

  test('OPS-4: an error of a tool is its sentence and what to do, with exit code 1', async () => {
    const { code, out } = await called(['say', '{"txet": "x"}']);
    expect(code).toBe(1);
    expect(out).toContain('invalid_argument: unknown argument "txet"');
    const asJson = await called(['say', '{"txet": "x"}', '-o', 'json']);
    expect(JSON.parse(asJson.out)).toMatchObject({ code: 'invalid_argument' });
  });

  test.each(['{', '[]', '1', '"x"'])('OPS-4: arguments that are no object (%s) are wrong input', async (text) => {
    const { code, err, stops } = await called(['say', text]);
    expect({ code, stops }).toEqual({ code: 2, stops: 0 });
    expect(err).toContain('NC-CLI-022');
  });

  test('OPS-4: another server by its address; one that refuses, or is none, is told', async () => {
    const fixture = await McpEndpointFixture.start({ parts: [echoToolset().parts], healthToken: 'k' });
    onTestFinished(() => fixture.stop());
    const cwd = tempDir(files(withoutDaemon));
    const at = (...argv: string[]) => cli(['mcp', 'call', '--url', `${fixture.url}/mcp`, ...argv], { cwd });
    expect((await at('--key', 'k', 'say')).out).toBe('text: hello\n');
    const refused = await at('say');
    expect({ code: refused.code, err: refused.err }).toMatchObject({
      code: 1,
      err: expect.stringContaining('NC-CLI-023'),
    });
    const nobody = await cli(['mcp', 'call', '--url', 'http://127.0.0.1:1/mcp', 'say'], { cwd });
    expect(nobody.err).toContain('NC-CLI-023');
  });
});

test('OPS-4: mcp alone says what there is', async () => {
  const { code, err } = await cli(['mcp'], { cwd: tempDir(files(withoutDaemon)) });
  expect(code).toBe(2);
  expect(err).toContain('--stdio');
});
