import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { define, type ToolsetParts } from '../../../src/mcp/tool.ts';
import { generations, mcpClient } from '../../support/mcp-clients.ts';
import { McpEndpointFixture } from '../../support/mcp-endpoint.ts';

/** What `tools/list` gives, made from the code by `npm run generate`. */
const listed = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../../schema/mcp-tools.json'), 'utf8'),
) as Listed;

interface Listed {
  readonly tools: readonly {
    readonly name: string;
    readonly inputSchema: { readonly properties?: Readonly<Record<string, { readonly description?: string }>> };
  }[];
  /** The names that are listed, by address and audience. */
  readonly seen: Readonly<Record<string, readonly string[]>>;
}

const seen = Object.entries(listed.seen);
const amongAll = new Set(listed.tools.map(({ name }) => name));
const everyName = new Set(seen.flatMap(([, names]) => names));

/** The names of tools in a text. `why` alone is a word. */
function namesIn(text: string): string[] {
  return (text.match(/\w+/g) ?? []).filter((word) => everyName.has(word) && word.includes('_'));
}

/** What is said to a caller of a tool beside its name. */
function textOf(tool: { readonly name: string }): string {
  return JSON.stringify({ ...tool, name: undefined });
}

/** What a name that is listed where a toolset is alone is among all. */
function nameAmongAll(address: string, name: string): string {
  const prefixed = `${address.replace(/^\/mcp\/?/, '').replace(/ .*$/, '')}_${name}`;
  return amongAll.has(prefixed) ? prefixed : name;
}

describe('tools that a description names', () => {
  test.each(seen)('%s: can be called', (address, names) => {
    const audience = address.replace(/^.* /, '');
    // A tool of another toolset is at /mcp.
    const callable = new Set([
      ...names.map((name) => nameAmongAll(address, name)),
      ...(listed.seen[`/mcp ${audience}`] ?? []),
    ]);
    const shown = new Set(names.map((name) => nameAmongAll(address, name)));
    const wrong = listed.tools
      .filter(({ name }) => shown.has(name))
      .flatMap((tool) =>
        namesIn(textOf(tool)).flatMap((name) => (callable.has(name) ? [] : [`${tool.name}: ${name}`])),
      );
    expect(wrong).toEqual([]);
  });

  test('some do', () => {
    expect(listed.tools.flatMap((tool) => namesIn(textOf(tool))).length).toBeGreaterThan(20);
  });
});

test('TEL-10: only tools that take a node of Teleport say what cluster is beside it', () => {
  const withNode = listed.tools.filter(({ inputSchema: { properties: args = {} } }) => {
    const ofTeleport = args['node']?.description?.startsWith('Name of the Teleport node') ?? false;
    expect(args['cluster']?.description?.includes('With node') ?? false).toBe(ofTeleport);
    return ofTeleport;
  });
  expect(withNode.map(({ name }) => name)).toEqual(expect.arrayContaining(['list_pods', 'diagnose_flux_issues']));
});

const source = path.join(import.meta.dirname, '../../../src/mcp');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Names that a toolset's tools have where it is alone, and that mean another tool or none at /mcp. */
const alone = new Map(
  [...everyName].flatMap((name) =>
    [...amongAll].flatMap((full): [string, string][] =>
      full !== name && full.endsWith(`_${name}`) ? [[name, full.slice(0, -name.length - 1)]] : [],
    ),
  ),
);

/** Texts of a file in which a tool is named otherwise than among all: where it is defined it may be. */
function misnamed(file: string): string[] {
  const text = readFileSync(path.join(source, file), 'utf8')
    .replaceAll(/\/\*\*.*?\*\/|^\s*\/\/.*$/gs, '')
    .replaceAll(/^\s*name: '\w+',$/gm, '');
  return namesIn(text).filter((name) => {
    const toolset = alone.get(name);
    return toolset !== undefined && (file.startsWith(`${toolset}/`) || !amongAll.has(name));
  });
}

test('no fix, error or recommendation names a tool that has another name at /mcp', () => {
  expect([...alone.keys()]).toContain('list_clusters');
  expect(files.flatMap((file) => misnamed(file).map((name) => `${file}: ${name}`))).toEqual([]);
});

/** Its tool has a name that belongs to another toolset among all. */
const palette: ToolsetParts = {
  toolset: 'palette',
  tools: [
    define({
      name: 'greet',
      nameAmongAll: 'palette_greet',
      toolset: 'palette',
      title: 'Greet',
      description: 'Says hello.',
      input: z.strictObject({}),
      output: z.object({ greeting: z.string() }),
      run: async () => ({ greeting: 'hello' }),
    }),
  ],
};

describe.each(generations)('MCP-1: a client of %s', (generation) => {
  test('calls a tool by its name among all everywhere, and its errors say that', async () => {
    const fixture = await McpEndpointFixture.start({ parts: [palette] });
    onTestFinished(() => fixture.stop());
    for (const [address, listedAs, names] of [
      ['/mcp', ['palette_greet'], ['palette_greet']],
      ['/mcp/palette', ['greet'], ['greet', 'palette_greet']],
    ] as const) {
      const client = await mcpClient(generation, `${fixture.url}${address}`);
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(listedAs);
      for (const name of names) {
        expect((await client.callTool(name)).structuredContent?.['greeting']).toBe('hello');
        const refused = await client.callTool(name, { unheard_of: 1 });
        expect(refused.content[0]?.text).toContain('palette_greet takes: none');
      }
    }
  });

  test('is told to begin with tools that are there', async () => {
    const fixture = await McpEndpointFixture.start({ parts: [palette] });
    onTestFinished(() => fixture.stop());
    const said = (await mcpClient(generation, `${fixture.url}/mcp`)).sdk.getInstructions();
    expect(said).toContain('nightcrier watches Kubernetes clusters');
    expect(said).not.toMatch(/list_incidents|diagnose_cluster/);
  });
});
