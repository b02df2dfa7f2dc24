import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nameField, type PageGate } from '../domain/people/viewer.ts';
import { localPath } from '../lib/http/local-path.ts';
import { pageHeaders } from '../lib/http/page-headers.ts';
import type { Renderer } from './renderer.ts';

/** Signing in and out. `/sign-in` is open to all; its page says nothing of what there is. */
export function signInRoutes(app: FastifyInstance, gate: PageGate, renderer: Renderer): void {
  app.get('/sign-in', { config: { open: true } }, async (request, reply) => {
    const { back } = request.query as Record<string, unknown>;
    const page = { back: localPath(typeof back === 'string' ? back : null), name: '', answer: null };
    return send(reply, 200, await renderer.signIn({ needsToken: gate.needsToken(), ...page }));
  });

  app.post('/sign-in', { config: { open: true } }, async (request, reply) => {
    const fields = fieldsOf(request);
    const [name, back] = [fields.get(nameField) ?? '', localPath(fields.get('back'))];
    const answer = await gate.signIn(request, { name, token: fields.get('token') ?? '' });
    if (answer.kind === 'in') return reply.header('set-cookie', [...answer.cookies]).redirect(back, 303);
    if (answer.kind === 'wait') reply.header('retry-after', Math.ceil(answer.ms / 1000));
    const page = await renderer.signIn({ needsToken: gate.needsToken(), back, name, answer });
    return send(reply, answer.kind === 'wait' ? 429 : 401, page);
  });

  app.post('/sign-out', { config: { form: true } }, async (request, reply) => {
    const cookies = await gate.signOut(request, fieldsOf(request));
    return reply.header('set-cookie', [...cookies]).redirect(gate.needsToken() ? '/sign-in' : '/', 303);
  });
}

/** The fields of a form; none when something else was sent. */
export function fieldsOf(request: FastifyRequest): URLSearchParams {
  return request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
}

export function send(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').headers(pageHeaders).send(page);
}
