import { z } from 'zod';
import { toolsetParts, type ToolsetWorld } from '../../src/app/mcp/toolsets.ts';
import { catalogueOf, type ListedTool } from '../../src/mcp/server/catalogue.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { audiences, toolsets, type ToolsetParts } from '../../src/mcp/tool.ts';

/** A world that is only looked at, never asked: making the tools calls nothing of it. */
const { parts } = toolsetParts(
  new Proxy({} as ToolsetWorld, {
    get: (_world, key) => {
      // What is there or not decides which tools there are: here all are.
      if (key === 'clock') return systemClock;
      if (key === 'incidents') return new Proxy({}, { get: () => () => never() });
      return () => never();
    },
  }),
);

function never(): never {
  throw new Error('the world of the tools was asked while they were made');
}

/** What `tools/list` gives: every tool as `/mcp` lists it, and which names each audience sees at each address. */
export function mcpToolsJson(): string {
  const { tools } = catalogueOf(parts, null, 'operator');
  const addresses = [null, ...toolsets].flatMap((only) =>
    audiences.map((audience) => [
      `${only === null ? '/mcp' : `/mcp/${only}`} ${audience}`,
      catalogueOf(parts, only, audience).tools.map(({ name }) => name),
    ]),
  );
  return `${JSON.stringify({ tools, seen: Object.fromEntries(addresses) }, null, 2)}\n`;
}

/** The reference page of the tools. */
export function mcpToolsPage(): string {
  return `# Tools of the MCP server

What \`tools/list\` gives; made from the code by \`npm run generate\`. How it is set up and called: [mcp.md](mcp.md). All of them read, but
\`trigger_triage\`, which opens an incident of nightcrier. The full schemas are in \`schema/mcp-tools.json\`.

${parts.map((part) => toolsetSection(part)).join('\n')}`;
}

function toolsetSection(part: ToolsetParts): string {
  const listed = new Map(catalogueOf([part], part.toolset, 'operator').tools.map((tool) => [tool.name, tool]));
  const sections = part.tools.map((tool) => toolSection(listed.get(tool.name), tool));
  return `## ${part.toolset}\n\n${sections.join('\n')}`;
}

function toolSection(listed: ListedTool | undefined, tool: ToolsetParts['tools'][number]): string {
  const schema = listed?.inputSchema ?? z.toJSONSchema(tool.input);
  const { properties = {}, required = [] } = schema as InputSchema;
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      `| \`${name}\` | ${required.includes(name) && field.default === undefined ? 'yes' : ''} | ${cell(field)} |`,
  );
  const args =
    rows.length === 0 ? 'No arguments.' : ['| argument | needed | |', '| --- | --- | --- |', ...rows].join('\n');
  const named = tool.nameAmongAll === tool.name ? '' : ` At \`/mcp\` its name is \`${tool.nameAmongAll}\`.`;
  const alias = tool.aliases.length === 0 ? '' : ` Also called: ${tool.aliases.map((one) => `\`${one}\``).join(', ')}.`;
  const who = tool.audiences.length === audiences.length ? '' : ` For: ${tool.audiences.join(', ')}.`;
  return `### ${tool.name}\n\n${tool.description}${named}${alias}${who}\n\n${args}\n`;
}

interface InputSchema {
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

interface Field {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
}

function cell({ description = '', default: fallback, enum: values }: Field): string {
  const options = values === undefined ? '' : ` One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.`;
  const ending = fallback === undefined ? '' : ` Default \`${JSON.stringify(fallback)}\`.`;
  return `${description}${options}${ending}`.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
