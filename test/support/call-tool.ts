import { z } from 'zod';
import type { Tool, ToolCall } from '../../src/mcp/tool.ts';

/** What a tool gets beside its arguments, of a person on this machine; nobody hears its progress. */
export function toolCall(overrides: Partial<ToolCall> = {}): ToolCall {
  return {
    signal: new AbortController().signal,
    progress: () => {},
    onCut: () => {},
    principal: { name: 'local', roles: [], audience: 'assistant' },
    onlyCluster: null,
    ...overrides,
  };
}

/**
 * Calls a tool of a list by its name as the server does: arguments through its schema, and its result has to fit the
 * schema that clients check it against. Rejects with what the tool rejects with, or with the ZodError.
 */
export async function callTool(
  tools: readonly Tool[],
  name: string,
  args: Record<string, unknown> = {},
  call: Partial<ToolCall> = {},
): Promise<Record<string, unknown>> {
  const tool = tools.find((one) => one.name === name || one.aliases.includes(name));
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  const result = await tool.run(tool.input.parse(args), toolCall(call));
  // As it arrives: what has no value is not there, and an object has no fields but those of its schema, however deep.
  const schema = z.fromJSONSchema(z.toJSONSchema(tool.output, { io: 'output' }));
  schema.parse(JSON.parse(JSON.stringify(result)));
  return result;
}
