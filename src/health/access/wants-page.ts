import type { FastifyRequest } from 'fastify';

/** What a route says of itself: `open` to everybody, or a `form` of the pages, which has its own gate. */
export function routeKind(request: FastifyRequest): 'open' | 'form' | 'closed' {
  const { open, form } = request.routeOptions.config as { readonly open?: boolean; readonly form?: boolean };
  if (open === true) return 'open';
  return form === true ? 'form' : 'closed';
}

/** Addresses for programs: they hear JSON, whoever asks. */
const forPrograms = /^\/(?:api|health|mcp|metrics|-|webhook|livez|healthz|readyz|\.well-known)(?:[/?]|$)/;

/** Whether a person with a browser asks, who is answered by a page. */
export function wantsPage({ url, headers }: Pick<FastifyRequest, 'url' | 'headers'>): boolean {
  return !forPrograms.test(url) && /\btext\/html\b/.test(headers.accept ?? '');
}
