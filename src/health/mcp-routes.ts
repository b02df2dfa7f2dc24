import type { FastifyInstance } from 'fastify';
import { errorText } from '../lib/problem.ts';
import type { HealthServerOptions } from './health-server-options.ts';

const urls = ['/mcp', '/mcp/*', '/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/*'];

/** Whether the access to an address is checked by the MCP server itself. */
export function isMcpRoute(url: string | undefined): boolean {
  return url !== undefined && urls.includes(url);
}

/** Hands the MCP server's requests on before anything of them is read: bodies, streams and refusals are its own. */
export function mcpRoutes(app: FastifyInstance, { mcp, log }: Pick<HealthServerOptions, 'mcp' | 'log'>): void {
  for (const url of urls) {
    app.route({
      method: ['GET', 'POST', 'DELETE', 'OPTIONS'],
      url,
      onRequest: async (request, reply) => {
        reply.hijack();
        mcp(request.raw, reply.raw).catch((error: unknown) => {
          log.error({ err: errorText(error) }, 'the MCP server failed to answer');
          reply.raw.destroy();
        });
      },
      handler: async (_request, reply) => reply,
    });
  }
}
