import { serveStdio as serve, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { aborted } from '../../lib/abort.ts';
import { localPrincipal } from '../auth/authenticate.ts';
import type { McpEndpoint } from './endpoint.ts';

/** Serves one client over standard input and output until it hangs up, or the signal: who started us is an operator. */
export async function serveStdio(endpoint: Pick<McpEndpoint, 'serverFor'>, signal: AbortSignal): Promise<void> {
  const caller = { principal: localPrincipal, via: 'stdio', scopes: null, ip: null, onlyCluster: null } as const;
  const transport = new StdioServerTransport();
  const hungUp = new Promise<void>((resolve) => process.stdin.once('end', resolve).once('close', resolve));
  const handle = serve(() => endpoint.serverFor(caller), { transport });
  await Promise.race([hungUp, aborted(signal)]);
  await handle.close();
}
