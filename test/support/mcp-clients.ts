import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { onTestFinished } from 'vitest';

/** What a call of a tool gave, to either generation of clients. */
export interface CalledTool {
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: boolean;
  readonly _meta?: Record<string, unknown>;
}

/** The official client of a generation, as far as both are used alike. */
export interface McpClient {
  listTools(): Promise<{ readonly tools: readonly Record<string, unknown>[] }>;
  callTool(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CalledTool>;
  readonly version: string | undefined;
  readonly sdk: Client | OldClient;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { readonly progress: number; readonly message?: string | undefined }) => void;
}

export const generations = ['2026-07-28', '2025-11-25'] as const;

/** A client of the generation that speaks this revision, connected; it goes when the test ends. */
export async function mcpClient(
  generation: (typeof generations)[number],
  url: string,
  headers: Record<string, string> = {},
): Promise<McpClient> {
  const info = { name: 'test', version: '1' };
  if (generation === '2026-07-28') {
    const client = new Client(info, { versionNegotiation: { mode: 'auto' } });
    const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
    await client.connect(transport);
    onTestFinished(() => client.close());
    return {
      sdk: client,
      version: client.getNegotiatedProtocolVersion(),
      listTools: () => client.listTools(),
      callTool: (name, args = {}, options = {}) =>
        client.callTool({ name, arguments: args }, options) as Promise<CalledTool>,
    };
  }
  const client = new OldClient(info);
  const transport = new OldTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return {
    sdk: client,
    version: transport.protocolVersion,
    listTools: () => client.listTools(),
    callTool: (name, args = {}, options = {}) =>
      client.callTool({ name, arguments: args }, undefined, options) as Promise<CalledTool>,
  };
}
