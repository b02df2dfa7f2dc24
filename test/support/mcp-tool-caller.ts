import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { ToolCaller, ToolResult } from '../../src/domain/ports.ts';

/** A plain MCP client for tests of what stands on the ToolCaller port; counts its calls. */
export interface TestToolCaller extends ToolCaller {
  readonly calls: { name: string; args: Record<string, unknown> }[];
  close(): Promise<void>;
}

export async function connectToolCaller(endpoint: string): Promise<TestToolCaller> {
  const client = new Client({ name: 'test', version: '0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint)));
  const calls: { name: string; args: Record<string, unknown> }[] = [];
  return {
    calls,
    callTool: async (name, args, signal) => {
      calls.push({ name, args });
      return toToolResult(await client.callTool({ name, arguments: args }, undefined, { signal }));
    },
    close: () => client.close(),
  };
}

/** The answer of a tool as the port has it. */
export function toToolResult(result: unknown): ToolResult {
  const { content, structuredContent, isError } = result as {
    content?: { type: string; text?: string }[];
    structuredContent?: unknown;
    isError?: boolean;
  };
  const text = (content ?? []).map((block) => block.text ?? '').join('\n');
  return { text, structured: structuredContent ?? null, isError: isError === true };
}
