import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../lib/problem.ts';
import { access } from './access/access.ts';
import { alertsDisabled, asRefusal, HttpProblem, unsupportedEncoding } from './errors.ts';
import type { HealthServerOptions } from './health-server-options.ts';

/** A whole group of Alertmanager's webhook. */
const maxBodyBytes = 8 * 1024 * 1024;

/** Addresses of Alertmanager's own API and of its webhook, each with the form that it takes. */
const forms = { '/api/v2/alerts': 'api', '/webhook/alertmanager': 'webhook' } as const;

/** Whether the access to an address is checked by its own token. */
export function isAlertRoute(url: string | undefined): boolean {
  return url !== undefined && Object.hasOwn(forms, url);
}

/**
 * `POST /api/v2/alerts` and `POST /webhook/alertmanager`: 200 with an empty body when all of it is on disk, as
 * Alertmanager answers; 503 when nothing was taken, so that the sender sends again.
 */
export function alertRoutes(app: FastifyInstance, options: HealthServerOptions): void {
  const { host, publicUrl, alerts } = options;
  const guard = access(() => ({ host, publicUrl: publicUrl(), token: alerts.token() ?? null }));
  // Before the body is read.
  const admit = async (request: FastifyRequest): Promise<void> => {
    if (alerts.token() === undefined) throw new HttpProblem(404, alertsDisabled, 'alerts are not taken here');
    guard.check(request);
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      throw new HttpProblem(415, unsupportedEncoding, 'the body is compressed');
    }
  };
  for (const [url, form] of Object.entries(forms)) {
    const route = {
      bodyLimit: maxBodyBytes,
      onRequest: admit,
      ...(form === 'api' ? { errorHandler: alertmanagerError(options) } : {}),
    };
    app.post(url, route, async (request, reply) => {
      try {
        await alerts.receive(form, request.body);
      } catch (error) {
        throw error instanceof ProblemError ? asRefusal(error, 400) : error;
      }
      return reply.code(200).send();
    });
  }
}

/** A refusal as Alertmanager's API gives it: a text in JSON, which amtool shows. */
function alertmanagerError({ log }: Pick<HealthServerOptions, 'log'>) {
  return (error: Error, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, problem, message } = asRefusal(error);
    if (status >= 500) log.error({ err: error.message }, 'alerts were not taken');
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply
      .code(status)
      .type('application/json')
      .send(JSON.stringify(`${problem.code}: ${message}; ${problem.fix}`));
  };
}
