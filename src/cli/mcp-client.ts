import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { errorText, ProblemError } from '../lib/problem.ts';
import { mcpUnreachable } from './errors.ts';

/** A client of an MCP server, for one command. */
export interface CliMcpClient {
  tools(): Promise<readonly CliTool[]>;
  /** `data`: the result as data; of an error, its code, sentence and what to do. */
  call(
    tool: string,
    args: Record<string, unknown>,
  ): Promise<{ readonly text: string; readonly data: unknown; readonly isError: boolean }>;
  close(): Promise<void>;
}

export interface CliTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly inputSchema: object;
}

/** As long as the longest tool may take, ms. */
const callTimeoutMs = 300_000;

/** @throws ProblemError when nothing answers there, or it refuses */
export async function openMcpClient(
  { url, key }: { readonly url: string; readonly key: string | null },
  signal: AbortSignal,
): Promise<CliMcpClient> {
  const client = new Client({ name: 'nightcrier', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new ProblemError(mcpUnreachable, `${url}: ${errorText(error)}`, { cause: error });
    }
  };
  await asked(() => client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })));
  return {
    tools: async () =>
      await asked(async () =>
        (await client.listTools({}, { signal })).tools.map(({ name, title = '', description = '', inputSchema }) => ({
          name,
          title,
          description,
          inputSchema,
        })),
      ),
    call: async (tool, args) => {
      const options = { signal, timeout: callTimeoutMs };
      const result = await asked(() => client.callTool({ name: tool, arguments: args }, options));
      const { isError = false, structuredContent, _meta } = result;
      const text = result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
      return { text, isError, data: isError ? (_meta?.['nightcrier/error'] ?? { message: text }) : structuredContent };
    },
    close: () => client.close(),
  };
}
