import type { FastifyRequest } from 'fastify';

interface RouteConfig {
  readonly open?: boolean;
  readonly form?: boolean;
  readonly reads?: boolean;
}

/** What a route says of itself: `open` to everybody, a `form` of the pages, which has its own gate, or a POST that only `reads`. */
export function routeKind(request: FastifyRequest): 'open' | 'form' | 'reads' | 'closed' {
  const { open, form, reads } = request.routeOptions.config as RouteConfig;
  if (open === true) return 'open';
  if (reads === true) return 'reads';
  return form === true ? 'form' : 'closed';
}

/** Addresses for programs: they hear JSON, whoever asks. */
const forPrograms = /^\/(?:api|health|mcp|metrics|-|webhook|livez|healthz|readyz|\.well-known)(?:[/?]|$)/;

/** Whether a person with a browser asks, who is answered by a page. */
export function wantsPage({ url, headers }: Pick<FastifyRequest, 'url' | 'headers'>): boolean {
  return !forPrograms.test(url) && /\btext\/html\b/.test(headers.accept ?? '');
}
