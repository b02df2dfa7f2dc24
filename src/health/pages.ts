import type { FastifyRequest } from 'fastify';
import type { PageGate } from '../domain/viewer.ts';
import { changeFromAfar, HttpProblem } from './errors.ts';

/** Whether a route is for everybody: what the page loads on which people sign in. */
export function isOpen(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { readonly open?: boolean } | undefined)?.open === true;
}

/** Addresses for programs: they hear JSON, whoever asks. */
const forPrograms = /^\/(?:api|health|mcp|metrics|-|webhook|livez|healthz|readyz|\.well-known)(?:[/?]|$)/;

/** Whether a person with a browser asks, who is answered by a page. */
export function wantsPage({ url, headers }: Pick<FastifyRequest, 'url' | 'headers'>): boolean {
  return !forPrograms.test(url) && /\btext\/html\b/.test(headers.accept ?? '');
}

/** Everybody who gets in reads. */
export function readingGate(): PageGate {
  return {
    visit: async () => ({ viewer: { name: null, mayAct: false, signedIn: false }, csrf: '', cookies: [] }),
    act: async () => {
      throw new HttpProblem(403, changeFromAfar, 'nothing can be changed here');
    },
    signIn: async () => ({ kind: 'wrong' }),
    signOut: () => [],
  };
}
