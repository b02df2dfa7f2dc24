import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { HttpProblem, slackDisabled, slackSignatureWrong } from '../errors.ts';

/** Where what Slack sends goes. */
export interface SlackIn {
  /** By what Slack tells of clicks, and whether it can now; null where it is not configured. */
  readonly state: () => { readonly way: 'socket' | 'http'; readonly connected: boolean | null } | null;
  /** 503: Slack is to say it again. Null where signed requests are not configured. */
  readonly receive: (
    kind: 'interactions' | 'events',
    headers: IncomingHttpHeaders,
    body: Buffer,
  ) => Promise<{ readonly status: 200 | 400 | 401 | 503; readonly body: string }> | null;
}

/** The payload of a click has the whole message in it. */
const maxBodyBytes = 1024 * 1024;

const urls = { '/slack/interactions': 'interactions', '/slack/events': 'events' } as const;

/** Whether the access to an address is checked by the signature of Slack. */
export function isSlackRoute(url: string | undefined): boolean {
  return url !== undefined && Object.hasOwn(urls, url);
}

/** `POST /slack/interactions` and `POST /slack/events`: what is signed are the bytes, so they are read as they come. */
export function slackRoutes(app: FastifyInstance, { slack }: { readonly slack: SlackIn }): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const [url, kind] of Object.entries(urls)) {
      // Before the body is read.
      const onRequest = async (): Promise<void> => {
        if (slack.state()?.way !== 'http') throw new HttpProblem(404, slackDisabled, 'Slack is not heard here');
      };
      scope.post(url, { bodyLimit: maxBodyBytes, onRequest }, async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const answer = await slack.receive(kind, request.headers, body);
        if (answer === null) throw new HttpProblem(404, slackDisabled, 'Slack is not heard here');
        if (answer.status === 401) throw new HttpProblem(401, slackSignatureWrong, answer.body);
        return reply.code(answer.status).type('text/plain; charset=utf-8').send(answer.body);
      });
    }
  });
}
